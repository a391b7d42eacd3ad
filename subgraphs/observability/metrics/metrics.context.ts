import type { MetricsService } from "./metrics.service.ts";

/** What this module brings to an operation's context. */
export interface MetricsContext {
  metrics: MetricsService;
}
