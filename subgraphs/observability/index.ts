import DataLoader from "dataloader";
import type { Platform } from "../platform.ts";
import type { Subgraph } from "../shared/kernel/subgraph.ts";
import { type SubgraphModule, subgraphOf } from "../shared/kernel/subgraph-module.ts";
import { alerts } from "./alerts/index.ts";
import { clusterReference } from "./cluster.type.ts";
import type { FleetContext } from "./context.ts";
import { logs } from "./logs/index.ts";
import { metrics } from "./metrics/index.ts";
import { silences } from "./silences/index.ts";
import { traces } from "./traces/index.ts";
import { watches } from "./watches/index.ts";

/** What all modules share: the operation, and its clusters. */
const fleetContext: SubgraphModule<Platform> = {
  resolvers: [],
  references: { Cluster: clusterReference },
  byNamespace: "Cluster",
  start: async ({ fleet }) => ({
    context: (operation): FleetContext => ({
      operation,
      targetById: new DataLoader((ids) => fleet.directory.byIds(operation.identity, ids)),
    }),
  }),
};

/** What the fleet's monitoring says. */
export const observability: Subgraph<Platform> = subgraphOf("observability", [
  fleetContext,
  alerts,
  logs,
  metrics,
  silences,
  traces,
  watches,
]);
