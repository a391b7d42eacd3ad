import { createHash } from "node:crypto";
import type { DetectionType } from "../../../prisma/generated/enums.ts";
import type { AnomalyPayload } from "../../shared/kernel/bus/payloads.ts";
import type { NewAnomaly } from "./anomaly.repository.ts";
import type { Judgement } from "./anomaly-judge.service.ts";
import type { Finding } from "./detector/index.ts";
import { seriesKey } from "./samples.mapper.ts";

/** What was looked for, and by whom. */
export interface LookedFor {
  tenantId: string;
  ruleId: string | null;
  query: string;
  metricName: string;
  stepSeconds: number;
  detectionType: DetectionType;
}

/** A finding as an anomaly: the same one has the same id, however often it is found. */
export function toNewAnomaly(
  { tenantId, ruleId, query, metricName, stepSeconds, detectionType }: LookedFor,
  clusterId: string,
  series: Readonly<Record<string, string>>,
  finding: Finding,
  judgement: Judgement | null = null,
): NewAnomaly {
  const { __name__: name, ...labels } = series;
  const key = seriesKey(series, ruleId ? "" : query);
  const detectedAt = new Date(finding.time * 1000);
  return {
    id: idOf([ruleId ?? "", clusterId, key, detectedAt.toISOString()]),
    tenantId,
    clusterId,
    ruleId,
    seriesKey: key,
    metricName: name ?? metricName,
    query,
    stepSeconds,
    labels,
    namespace: labels["namespace"] ?? null,
    detectionType,
    anomalyType: finding.kind,
    severity: finding.severity,
    confidenceScore: judgement?.confidence ?? finding.confidence,
    score: finding.score,
    statistic: finding.statistic,
    expectedValue: finding.expected,
    expectedLow: finding.expectedLow,
    expectedHigh: finding.expectedHigh,
    actualValue: finding.actual,
    deviationPercent: finding.deviationPercent,
    explanation: finding.explanation,
    judgement: judgement?.explanation ?? null,
    model: judgement?.model ?? null,
    startedAt: new Date(finding.since * 1000),
    detectedAt,
    notified: false,
  };
}

/** A UUID of its parts (version 8: of our own making). */
function idOf(parts: readonly string[]): string {
  const hex = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export const toPayload = (anomaly: NewAnomaly): AnomalyPayload => ({
  anomaly_id: anomaly.id,
  cluster_id: anomaly.clusterId,
  rule_id: anomaly.ruleId,
  metric_name: anomaly.metricName,
  labels: anomaly.labels,
  severity: anomaly.severity,
  anomaly_type: anomaly.anomalyType,
  score: anomaly.score,
  detected_at: anomaly.detectedAt.toISOString(),
});
