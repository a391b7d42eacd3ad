import type { Platform } from "../platform.ts";
import { federatedSchema } from "../shared/kernel/federate.ts";
import type { Subgraph } from "../shared/kernel/subgraph.ts";
import type { EventsContext } from "./context.ts";
import { EventResolver } from "./stream/event.resolver.ts";
import { EventService } from "./stream/event.service.ts";
import { ClusterStatusChanged, FleetEvent } from "./stream/event.type.ts";

/** Every event type, and the one general stream. Other subgraphs publish on the bus; what an event is about is joined. */
export const events: Subgraph<Platform> = {
  name: "events",

  schema: () => federatedSchema({ resolvers: [EventResolver], orphanedTypes: [ClusterStatusChanged, FleetEvent] }),

  start: async ({ bus, fleet }) => {
    const service = new EventService(bus, fleet.directory);
    return { context: (operation): EventsContext => ({ operation, events: service }) };
  },
};
