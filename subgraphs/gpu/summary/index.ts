import type { Platform } from "../../platform.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { SummaryResolver } from "./summary.resolver.ts";

/** GPUs, added up. */
export const summary: SubgraphModule<Platform> = {
  resolvers: [SummaryResolver],
  start: async () => ({ context: () => ({}) }),
};
