import { type Expr, valueType } from "./ast.ts";
import { badData, QueryError } from "./errors.ts";
import { type Evaluation, evaluate, ranges } from "./evaluate.ts";
import { formatValue } from "./literals.ts";
import { parsePromql, position } from "./parse.ts";
import type { Labels, SampleSource } from "./source.ts";
import { labelsKey } from "./values.ts";

/** A sample as it is written: unix seconds and the value's text. */
export type Point = readonly [time: number, value: string];

export type QueryData =
  | { readonly resultType: "scalar" | "string"; readonly result: Point }
  | { readonly resultType: "vector"; readonly result: { readonly metric: Labels; readonly value: Point }[] }
  | { readonly resultType: "matrix"; readonly result: { readonly metric: Labels; readonly values: Point[] }[] };

export interface QueryAnswer {
  readonly data: QueryData;
  readonly infos: readonly string[];
}

export interface QueryLimits {
  /** Milliseconds the evaluation may take. */
  readonly timeout: number;
}

function evaluation(query: string, source: SampleSource, steps: Evaluation["steps"], limits: QueryLimits) {
  const infos = new Set<string>();
  const deadline = performance.now() + limits.timeout;
  const run: Evaluation = {
    source,
    steps,
    check() {
      if (performance.now() > deadline) throw new QueryError("timeout", "query timed out in expression evaluation");
    },
    info(metric, from) {
      infos.add(
        "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: " +
          `"${metric}" (${position(query, from)})`,
      );
    },
  };
  return { run, infos };
}

function parameterised(query: string): Expr {
  try {
    return parsePromql(query);
  } catch (error) {
    if (!(error instanceof QueryError) || error.errorType !== "bad_data") throw error;
    throw badData(`invalid parameter "query": ${error.message}`);
  }
}

function matrixOf(expr: Expr, run: Evaluation): QueryData {
  const result = ranges(expr, run).flatMap(({ labels, times, values, windows }) => {
    const points: Point[] = [];
    for (let i = windows.lo[0] ?? 0; i < (windows.hi[0] ?? 0); i++) {
      points.push([(times[i] ?? 0) / 1000, formatValue(values[i] ?? 0)]);
    }
    return points.length === 0 ? [] : [{ metric: labels, values: points }];
  });
  return { resultType: "matrix", result: byLabels(result) };
}

function byLabels<T extends { readonly metric: Labels }>(rows: readonly T[]): T[] {
  const keyed = rows.map((row) => ({ row, key: labelsKey(row.metric) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ row }) => row);
}

/** Evaluates at one instant (milliseconds). Throws a QueryError. */
export function queryInstant(query: string, time: number, source: SampleSource, limits: QueryLimits): QueryAnswer {
  const expr = parameterised(query);
  const { run, infos } = evaluation(query, source, { start: time, step: 1, count: 1 }, limits);
  const at = time / 1000;
  const answer = (data: QueryData): QueryAnswer => ({ data, infos: [...infos] });
  if (expr.type === "string") return answer({ resultType: "string", result: [at, expr.value] });
  if (valueType(expr) === "range vector") return answer(matrixOf(expr, run));
  const value = evaluate(expr, run);
  if (value.kind === "scalar") {
    return answer({ resultType: "scalar", result: [at, formatValue(value.values[0] ?? 0)] });
  }
  const result = value.columns
    .filter((column) => column.present[0] === 1)
    .map((column) => ({ metric: column.labels, value: [at, formatValue(column.values[0] ?? 0)] as const }));
  return answer({ resultType: "vector", result });
}

/** Evaluates at every step from start to end (milliseconds, both included). Throws a QueryError. */
export function queryRange(
  query: string,
  range: { start: number; end: number; step: number },
  source: SampleSource,
  limits: QueryLimits,
): QueryAnswer {
  const expr = parameterised(query);
  const type = valueType(expr);
  if (type === "string" || type === "range vector") {
    throw badData(
      `invalid parameter "query": invalid expression type "${type}" for range query, must be Scalar or instant Vector`,
    );
  }
  const count = Math.floor((range.end - range.start) / range.step) + 1;
  const { run, infos } = evaluation(query, source, { start: range.start, step: range.step, count }, limits);
  const value = evaluate(expr, run);
  const columns =
    value.kind === "vector"
      ? value.columns
      : [{ labels: {}, values: value.values, present: new Uint8Array(count).fill(1) }];
  const result = columns.flatMap(({ labels, values, present }) => {
    const points: Point[] = [];
    for (let i = 0; i < count; i++) {
      if (present[i] === 1) points.push([(range.start + i * range.step) / 1000, formatValue(values[i] ?? 0)]);
    }
    return points.length === 0 ? [] : [{ metric: labels, values: points }];
  });
  return { data: { resultType: "matrix", result: byLabels(result) }, infos: [...infos] };
}
