import type { Platform } from "../../platform.ts";
import { Schedule } from "../../shared/fleet/schedule.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { HealthCollectionService } from "../health/health-collection.service.ts";
import { HealthEventRepository } from "../health/health-event.repository.ts";
import { KernelLogs } from "../health/kernel-log.watch.ts";
import { sourcesOf } from "../readings/index.ts";
import { collectGpus } from "./collect.job.ts";
import { CollectService } from "./collect.service.ts";

/** What is collected for nobody in particular, kept, and told as events. */
export const updates: SubgraphModule<Platform> = {
  resolvers: [],

  start: async (platform) => {
    const { changes, clock, config, database, log } = platform;
    const { clusters, collections, smi, ...sources } = sourcesOf(platform);
    const onInternalError = (error: unknown): void => log.error({ err: error }, "collecting GPUs failed here");
    const events = new HealthEventRepository(database.prisma);
    const logs = new KernelLogs({ clients: platform.fleet.clients, clock });
    const health = new HealthCollectionService({ events, inventories: sources.inventories, logs, clock });
    const service = new CollectService({
      clusters,
      collections,
      smi,
      sources,
      health,
      changes,
      clock,
      onInternalError,
    });
    const job = collectGpus({
      clusters,
      collections,
      service,
      turns: new Schedule(database.prisma, "gpu.collect"),
      smiTurns: new Schedule(database.prisma, "gpu.nvidia-smi"),
      clock,
      everyMs: config.AIOPS_GPU_POLL_MS,
    });
    return { context: () => ({}), jobs: [job] };
  },
};
