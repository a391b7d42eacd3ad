import type { Platform } from "../../platform.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import type { MetricsContext } from "./metrics.context.ts";
import { metricsLoader } from "./metrics.loader.ts";
import { MetricsResolver } from "./metrics.resolver.ts";
import { MetricsService } from "./metrics.service.ts";

/** What the clusters' Prometheus answer. */
export const metrics: SubgraphModule<Platform> = {
  resolvers: [MetricsResolver],

  start: async ({ fleet, log }) => ({
    context: (operation): MetricsContext => {
      const onInternalError = (error: unknown): void => {
        log.error({ err: error, requestId: operation.requestId }, "a metric query failed here");
      };
      return {
        metrics: new MetricsService(
          operation,
          fleet.directory,
          metricsLoader(operation, fleet.clients, onInternalError),
        ),
      };
    },
  }),
};
