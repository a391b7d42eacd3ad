import type { Platform } from "../../platform.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import type { WatchesContext } from "./watch.context.ts";
import { runWatches } from "./watch.job.ts";
import { WatchRepository } from "./watch.repository.ts";
import { WatchResolver } from "./watch.resolver.ts";
import { WatchService } from "./watch.service.ts";

/** Standing metric queries, and the events they lead to. */
export const watches: SubgraphModule<Platform> = {
  resolvers: [WatchResolver],
  byNamespace: `
    Query.metricWatches Mutation.createMetricWatch Mutation.deleteMetricWatch Mutation.updateMetricWatch`,

  start: async ({ fleet, database, changes, clock, log }) => {
    const repository = new WatchRepository(database.prisma);
    const service = new WatchService({ repository, directory: fleet.directory, changes, clock });
    const onError = (error: unknown): void => log.error({ err: error }, "a metric watch failed here");
    return {
      context: (): WatchesContext => ({ watches: service }),
      jobs: [runWatches({ repository, directory: fleet.directory, clients: fleet.clients, changes, clock, onError })],
    };
  },
};
