import { parseValue } from "../../../promql/literals.ts";
import { type Column, emptyColumn, type Steps } from "../../../promql/values.ts";
import { clusterOutcome } from "../../shared/fleet/cluster-outcome.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Series } from "../../shared/upstreams/prometheus/schema.ts";
import type { ClusterOutcome } from "../cluster.type.ts";
import type { ClusterLabel } from "./cluster-label.plan.ts";
import type { ClusterAnswer } from "./cluster-queries.loader.ts";

/** A cluster and what it answered, in the order of the leaves; undefined for those that it was not asked. */
export interface AskedCluster {
  target: Target;
  outcomes: readonly (Outcome<ClusterAnswer> | undefined)[];
}

/** How asking one cluster ended: it answered if it answered every leaf, for to leave out some of it would be wrong. */
export function toOutcome({ target, outcomes }: AskedCluster): ClusterOutcome {
  const asked = outcomes.filter((outcome) => outcome !== undefined);
  const values = asked.flatMap(({ value }) => value ?? []);
  const failed = asked.find(({ value }) => !value);
  const whole: Outcome<ClusterAnswer[]> = {
    status: failed?.status ?? "SUCCESS",
    startedAt: new Date(Math.min(...asked.map(({ startedAt }) => startedAt.getTime()))),
    durationMs: Math.max(...asked.map(({ durationMs }) => durationMs)),
    ...(failed?.failure && { failure: failed.failure }),
    ...(failed?.skipReason && { skipReason: failed.skipReason }),
    ...(!failed && { value: values }),
  };
  return clusterOutcome(target, whole, (answers) => ({
    rows: answers.reduce((sum, { series }) => sum + series.length, 0),
    bytes: answers.reduce((sum, { bytes }) => sum + bytes, 0),
    truncated: answers.some(({ truncated }) => truncated),
    warnings: [...new Set(answers.flatMap(({ warnings }) => warnings))],
  }));
}

/** One leaf's series over all clusters, each with its cluster's label. */
export const toGlobalSeries = (clusters: readonly AskedCluster[], leaf: number, label: ClusterLabel): Series[] =>
  clusters.flatMap(({ target, outcomes }) =>
    (outcomes[leaf]?.value?.series ?? []).map(({ metric, values }) => ({
      metric: label.outside(metric, target.name),
      values,
    })),
  );

/** A series at the steps of an evaluation. */
export function toColumn({ metric, values }: Series, steps: Steps): Column {
  const column = emptyColumn(metric, steps.count);
  for (const [time, text] of values) {
    const step = Math.round((time * 1000 - steps.start) / steps.step);
    column.values[step] = parseValue(text);
    column.present[step] = 1;
  }
  return column;
}
