import type { Platform } from "../../platform.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { CollectionRepository } from "../updates/collection.repository.ts";
import type { HealthContext } from "./health.context.ts";
import {
  GPUHealthOfGPUResolver,
  GPUHealthResolver,
  HealthEventResolver,
  HealthGapResolver,
} from "./health.resolver.ts";
import { HealthService } from "./health.service.ts";
import { HealthEventRepository } from "./health-event.repository.ts";
import { pruneHealthEvents } from "./health-retention.job.ts";

/** What trouble GPUs have, and had. */
export const health: SubgraphModule<Platform> = {
  resolvers: [HealthEventResolver, HealthGapResolver, GPUHealthOfGPUResolver, GPUHealthResolver],

  start: async ({ database, fleet, clock }) => {
    const events = new HealthEventRepository(database.prisma);
    const collections = new CollectionRepository(database.prisma);
    return {
      context: (operation): HealthContext => ({
        gpuHealth: new HealthService(operation, fleet.directory, events, collections),
      }),
      jobs: [pruneHealthEvents({ prisma: database.prisma, clock })],
    };
  },
};
