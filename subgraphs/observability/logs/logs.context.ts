import type { LogLabelsService } from "./log-labels.service.ts";
import type { LogMetricsService } from "./log-metrics.service.ts";
import type { LogTailService } from "./log-tail.service.ts";
import type { LogsService } from "./logs.service.ts";

/** What this module brings to an operation's context. */
export interface LogsContext {
  logs: LogsService;
  logLabels: LogLabelsService;
  logMetrics: LogMetricsService;
  logTail: LogTailService;
}
