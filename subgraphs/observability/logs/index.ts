import type { Platform } from "../../platform.ts";
import { cacheMeter } from "../../shared/kernel/cache-meter.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { podReference } from "../pod.type.ts";
import { ClosedLines } from "./closed-lines.loader.ts";
import { knownStyles, LabelStyles } from "./label-style.loader.ts";
import { LogLabelsResolver } from "./log-labels.resolver.ts";
import { LogLabelsService } from "./log-labels.service.ts";
import { LogMetricsResolver } from "./log-metrics.resolver.ts";
import { LogMetricsService } from "./log-metrics.service.ts";
import { LogTailResolver } from "./log-tail.resolver.ts";
import { LogTailService } from "./log-tail.service.ts";
import type { LogsContext } from "./logs.context.ts";
import { LogsResolver, PodLogsResolver } from "./logs.resolver.ts";
import { LogsService } from "./logs.service.ts";
import { lokiLoaders } from "./loki.loader.ts";
import { PageReader } from "./page.service.ts";

/** What the clusters' Loki have: log lines, their labels, samples made of them, and new ones as they arrive. */
export const logs: SubgraphModule<Platform> = {
  resolvers: [LogsResolver, PodLogsResolver, LogLabelsResolver, LogMetricsResolver, LogTailResolver],
  references: { Pod: podReference },
  byNamespace: `
    Query.logLabels Query.logLabelValues Query.logMetrics Query.logs Query.logSeries Subscription.logTail
    Cluster.logs Pod Pod.logs`,

  start: async ({ fleet: { directory, clients }, bus, config, log, registry }) => {
    const styles = knownStyles();
    const closed = new ClosedLines(config.AIOPS_LOGS_CACHE_BYTES, cacheMeter(registry, "logs"));
    return {
      context: (operation): LogsContext => {
        const onInternalError = (error: unknown): void => {
          log.error({ err: error, requestId: operation.requestId }, "a question to a cluster's Loki failed here");
        };
        const loaders = lokiLoaders(operation, clients, closed, onInternalError);
        return {
          logs: new LogsService(operation, directory, new PageReader(loaders), new LabelStyles(loaders, styles)),
          logLabels: new LogLabelsService(operation, directory, loaders),
          logMetrics: new LogMetricsService(operation, directory, loaders),
          logTail: new LogTailService({ operation, directory, clients, bus, onInternalError }),
        };
      },
    };
  },
};
