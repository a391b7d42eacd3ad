import { clusterOutcome } from "../../shared/fleet/cluster-outcome.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Series } from "../../shared/upstreams/prometheus/schema.ts";
import type { ClusterOutcome } from "../cluster.type.ts";
import { ClusterLabel } from "./cluster-label.plan.ts";
import type { ClusterAnswer } from "./cluster-queries.loader.ts";
import type { MetricResult, MetricStatus } from "./metrics.type.ts";

/** A cluster's answer as the graph shows it: with the cluster's name in a label, if one is asked for. */
export function toMetricResult(
  target: Target,
  outcome: Outcome<ClusterAnswer>,
  clusterLabel?: string | null,
): MetricResult {
  const { value, failure, durationMs } = outcome;
  const row = clusterOutcome(target, outcome, ({ series, ...size }) => ({ rows: series.length, ...size }));
  const series = value?.series ?? [];
  const isLabelled = clusterLabel && (value?.resultType === "VECTOR" || value?.resultType === "MATRIX");
  return {
    clusterId: target.id,
    clusterName: target.name,
    cluster: { id: target.id },
    status: METRIC_STATUS[row.status],
    resultType: value?.resultType ?? null,
    data: isLabelled ? labelled(series, new ClusterLabel(clusterLabel), target.name) : series,
    error: failure?.message ?? null,
    queryTimeMs: durationMs,
    fromCache: value?.fromCache ?? false,
    outcome: row,
  };
}

const labelled = (series: readonly Series[], label: ClusterLabel, cluster: string): Series[] =>
  series.map(({ metric, values }) => ({ metric: label.outside(metric, cluster), values }));

/** The spec's four statuses; the outcome keeps the finer one. */
const METRIC_STATUS: Record<ClusterOutcome["status"], MetricStatus> = {
  SUCCESS: "SUCCESS",
  PARTIAL: "PARTIAL",
  TIMEOUT: "TIMEOUT",
  ERROR: "ERROR",
  SKIPPED: "ERROR",
  CANCELLED: "ERROR",
};
