import type { Platform } from "../../platform.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { sourcesOf } from "../readings/index.ts";
import { claimsLoader } from "../readings/readings.loader.ts";
import { GpuTargets } from "../readings/targets.loader.ts";
import type { HistoryContext } from "./history.context.ts";
import { HistoryResolver } from "./history.resolver.ts";
import { HistoryService } from "./history.service.ts";
import { rangeLoader } from "./range.loader.ts";

/** What GPUs did over a time. */
export const history: SubgraphModule<Platform> = {
  resolvers: [HistoryResolver],

  start: async (platform) => {
    const sources = sourcesOf(platform);
    const { fleet, log } = platform;
    const onError = (error: unknown): void => log.error({ err: error }, "reading GPUs' history failed here");
    return {
      context: (operation): HistoryContext => {
        const targets = new GpuTargets(operation, fleet.directory, sources.clusters);
        const ranges = rangeLoader(operation, fleet.clients, onError);
        return { gpuHistory: new HistoryService(targets, ranges, claimsLoader(operation, sources)) };
      },
    };
  },
};
