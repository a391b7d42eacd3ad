import type { CatalogueService } from "./catalogue.service.ts";
import type { GlobalMetricsService } from "./global.service.ts";
import type { MetricPlanService } from "./metric-plan.service.ts";
import type { MetricStreamService } from "./metric-stream.service.ts";
import type { MetricsService } from "./metrics.service.ts";

/** What this module brings to an operation's context. */
export interface MetricsContext {
  metrics: MetricsService;
  globalMetrics: GlobalMetricsService;
  catalogue: CatalogueService;
  metricPlans: MetricPlanService;
  metricStreams: MetricStreamService;
}
