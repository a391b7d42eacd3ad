import { clusterOutcome } from "../../shared/fleet/cluster-outcome.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { QueryResult } from "../../shared/upstreams/prometheus/schema.ts";
import type { ClusterOutcome } from "../cluster.type.ts";
import type { MetricResult, MetricStatus } from "./metrics.type.ts";

/** A cluster's answer as the graph shows it. */
export function toMetricResult(target: Target, outcome: Outcome<QueryResult>): MetricResult {
  const { value, failure, durationMs } = outcome;
  const row = clusterOutcome(target, outcome, ({ series, warnings }) => ({ rows: series.length, warnings }));
  return {
    clusterId: target.id,
    clusterName: target.name,
    cluster: { id: target.id },
    status: METRIC_STATUS[row.status],
    resultType: value?.resultType ?? null,
    data: value?.series ?? [],
    error: failure?.message ?? null,
    queryTimeMs: durationMs,
    outcome: row,
  };
}

/** The spec's four statuses; the outcome keeps the finer one. */
const METRIC_STATUS: Record<ClusterOutcome["status"], MetricStatus> = {
  SUCCESS: "SUCCESS",
  PARTIAL: "PARTIAL",
  TIMEOUT: "TIMEOUT",
  ERROR: "ERROR",
  SKIPPED: "ERROR",
  CANCELLED: "ERROR",
};
