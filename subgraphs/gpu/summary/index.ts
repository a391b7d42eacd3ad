import type { Platform } from "../../platform.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { SummaryResolver, WorkloadSummaryResolver } from "./summary.resolver.ts";

/** GPUs, added up. */
export const summary: SubgraphModule<Platform> = {
  resolvers: [SummaryResolver, WorkloadSummaryResolver],
  start: async () => ({ context: () => ({}) }),
};
