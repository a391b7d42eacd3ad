import DataLoader from "dataloader";
import type { Platform } from "../platform.ts";
import type { Subgraph } from "../shared/kernel/subgraph.ts";
import { type SubgraphModule, subgraphOf } from "../shared/kernel/subgraph-module.ts";
import { alertReference } from "./alert.type.ts";
import { anomalies } from "./anomalies/index.ts";
import { chat } from "./chat/index.ts";
import { clusterReference } from "./cluster.type.ts";
import type { FleetContext } from "./context.ts";
import { mcp } from "./mcp/index.ts";
import { personas } from "./personas/index.ts";
import { reports } from "./reports/index.ts";
import { rootCauses } from "./root-cause/index.ts";

/** What all modules share: the operation, and its clusters. */
const fleetContext: SubgraphModule<Platform> = {
  resolvers: [],
  references: { Cluster: clusterReference, Alert: alertReference },
  byNamespace: "Alert Cluster",
  start: async ({ fleet }) => ({
    context: (operation): FleetContext => ({
      operation,
      targetById: new DataLoader((ids) => fleet.directory.byIds(operation.identity, ids)),
    }),
  }),
};

/** What is found in what the fleet says: anomalies, root causes, reports, and the assistant's answers. */
export const intelligence: Subgraph<Platform> = subgraphOf("intelligence", [
  fleetContext,
  anomalies,
  chat,
  mcp,
  personas,
  reports,
  rootCauses,
]);
