import DataLoader from "dataloader";
import type { Platform } from "../platform.ts";
import { federatedSchema } from "../shared/kernel/federate.ts";
import type { Subgraph } from "../shared/kernel/subgraph.ts";
import type { ObservabilityContext } from "./context.ts";
import { metricsLoader } from "./metrics/metrics.loader.ts";
import { MetricsResolver } from "./metrics/metrics.resolver.ts";
import { MetricsService } from "./metrics/metrics.service.ts";

/** What the fleet's monitoring says: metrics now; logs, traces and alerts are modules beside them. */
export const observability: Subgraph<Platform> = {
  name: "observability",

  schema: () =>
    federatedSchema({
      resolvers: [MetricsResolver],
      references: {
        // Who may see the cluster is asked again here: a reference is only a claim.
        Cluster: async ({ id }: { id: string }, { targetById }: ObservabilityContext) =>
          (await targetById.load(id)) && { id },
      },
    }),

  start: async ({ fleet, log }) => ({
    context: (operation): ObservabilityContext => {
      const onInternalError = (error: unknown): void => {
        log.error({ err: error, requestId: operation.requestId }, "a metric query failed here");
      };
      return {
        operation,
        targetById: new DataLoader((ids) => fleet.directory.byIds(operation.identity, ids)),
        metrics: new MetricsService(
          operation,
          fleet.directory,
          metricsLoader(operation, fleet.clients, onInternalError),
        ),
      };
    },
  }),
};
