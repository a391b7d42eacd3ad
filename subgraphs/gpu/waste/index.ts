import type { Platform } from "../../platform.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { WasteResolver } from "./waste.resolver.ts";

/** GPUs that cost and do not work. */
export const waste: SubgraphModule<Platform> = {
  resolvers: [WasteResolver],
  start: async () => ({ context: () => ({}) }),
};
