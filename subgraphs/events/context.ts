import type { Retention } from "../shared/kernel/bus/event-bus.ts";
import type { Operation } from "../shared/kernel/subgraph.ts";
import type { StateService } from "./state/state.service.ts";
import type { EventService } from "./stream/event.service.ts";
import type { StreamingService } from "./streaming/streaming.service.ts";

/** What one operation's resolvers work with. */
export interface EventsContext {
  operation: Operation;
  events: EventService;
  state: StateService;
  streaming: StreamingService;
  retention: Retention;
}
