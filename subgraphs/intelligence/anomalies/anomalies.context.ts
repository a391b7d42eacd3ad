import type { AnomaliesService } from "./anomalies.service.ts";
import type { AnomalyDeedService } from "./anomaly-deed.service.ts";
import type { RuleService } from "./rule.service.ts";
import type { ScanService } from "./scan.service.ts";

/** What this module brings to an operation's context. */
export interface AnomaliesContext {
  anomalies: AnomaliesService;
  anomalyDeeds: AnomalyDeedService;
  scans: ScanService;
  detectionRules: RuleService;
}
