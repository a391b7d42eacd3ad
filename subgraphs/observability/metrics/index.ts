import type { Platform } from "../../platform.ts";
import { cacheMeter } from "../../shared/kernel/cache-meter.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { Pod, podReference } from "../pod.type.ts";
import { CatalogueLoader } from "./catalogue.loader.ts";
import { CatalogueResolver } from "./catalogue.resolver.ts";
import { CatalogueService } from "./catalogue.service.ts";
import { ClusterQueries } from "./cluster-queries.loader.ts";
import { GlobalMetricsService } from "./global.service.ts";
import { MetricPlanService } from "./metric-plan.service.ts";
import { MetricStreamResolver } from "./metric-stream.resolver.ts";
import { MetricStreamService } from "./metric-stream.service.ts";
import type { MetricsContext } from "./metrics.context.ts";
import { metricsLoader } from "./metrics.loader.ts";
import { MetricsResolver } from "./metrics.resolver.ts";
import { MetricsService } from "./metrics.service.ts";
import { PodMetricsResolver } from "./pod-metrics.resolver.ts";

/** What the clusters' Prometheus answer. */
export const metrics: SubgraphModule<Platform> = {
  resolvers: [MetricsResolver, PodMetricsResolver, MetricStreamResolver, CatalogueResolver],
  orphanedTypes: [Pod],
  references: { Pod: podReference },
  // Not metricMetadata: a Prometheus does not know whose metrics they are.
  byNamespace: `
    Query.explainMetrics Query.metricLabels Query.metricLabelValues Query.metricRules Query.metrics
    Query.metricSeries Query.metricTargets Subscription.metricStream Cluster.metrics Pod Pod.metrics`,

  start: async ({ fleet: { clients, directory }, bus, config, clock, log, registry }) => {
    const limits = {
      seriesPerCluster: config.AIOPS_METRICS_MAX_SERIES_PER_CLUSTER,
      series: config.AIOPS_METRICS_MAX_SERIES,
      samples: config.AIOPS_METRICS_MAX_SAMPLES,
      bytes: config.AIOPS_METRICS_MAX_BYTES,
    };
    const queries = new ClusterQueries(
      clients,
      limits,
      config.AIOPS_METRICS_CACHE_BYTES,
      cacheMeter(registry, "metrics"),
    );
    return {
      context: (operation): MetricsContext => {
        const onInternalError = (error: unknown): void => {
          log.error({ err: error, requestId: operation.requestId }, "a metric query failed here");
        };
        const loader = metricsLoader(operation, queries, onInternalError);
        return {
          metrics: new MetricsService(operation, directory, loader),
          globalMetrics: new GlobalMetricsService(operation, directory, loader),
          catalogue: new CatalogueService(
            operation,
            directory,
            new CatalogueLoader(operation, clients, onInternalError),
          ),
          metricPlans: new MetricPlanService(operation, directory, queries),
          metricStreams: new MetricStreamService({ operation, directory, queries, bus, clock, onInternalError }),
        };
      },
    };
  },
};
