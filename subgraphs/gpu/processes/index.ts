import type { Platform } from "../../platform.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { ProcessesResolver } from "./processes.resolver.ts";

/** What runs on GPUs. */
export const processes: SubgraphModule<Platform> = {
  resolvers: [ProcessesResolver],
  start: async () => ({ context: () => ({}) }),
};
