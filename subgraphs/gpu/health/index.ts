import type { Platform } from "../../platform.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import type { HealthContext } from "./health.context.ts";
import { GPUHealthOfGPUResolver, GPUHealthResolver, HealthEventResolver } from "./health.resolver.ts";
import { HealthService } from "./health.service.ts";
import { HealthEventRepository } from "./health-event.repository.ts";
import { pruneHealthEvents } from "./health-retention.job.ts";

/** What trouble GPUs have, and had. */
export const health: SubgraphModule<Platform> = {
  resolvers: [HealthEventResolver, GPUHealthOfGPUResolver, GPUHealthResolver],

  start: async ({ database, fleet, clock }) => {
    const events = new HealthEventRepository(database.prisma);
    return {
      context: (operation): HealthContext => ({ gpuHealth: new HealthService(operation, fleet.directory, events) }),
      jobs: [pruneHealthEvents({ prisma: database.prisma, clock })],
    };
  },
};
