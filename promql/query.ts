import { type Expr, partsOf, valueType } from "./ast.ts";
import { badData, QueryError } from "./errors.ts";
import { type Evaluation, evaluate, ranges } from "./evaluate.ts";
import { formatValue } from "./literals.ts";
import { parsePromql, position } from "./parse.ts";
import type { Labels, SampleSource } from "./source.ts";
import { everyStep, labelsKey, type Steps, type Value } from "./values.ts";

/** A sample as it is written: unix seconds and the value's text. */
export type Point = [time: number, value: string];

export type QueryData =
  | { readonly resultType: "scalar" | "string"; readonly result: Point }
  | { readonly resultType: "vector"; readonly result: { readonly metric: Labels; readonly value: Point }[] }
  | { readonly resultType: "matrix"; readonly result: Series[] };

export interface QueryAnswer {
  readonly data: QueryData;
  readonly infos: readonly string[];
}

const NOTHING: SampleSource = { interval: 1, first: 0, last: 0, select: () => [] };

export interface QueryLimits {
  /** Milliseconds the evaluation may take. */
  readonly timeout: number;
}

/** One series as it is written. */
export interface Series {
  readonly metric: Labels;
  readonly values: Point[];
}

function evaluation(
  {
    query = "",
    source = NOTHING,
    given = () => [],
  }: Partial<Pick<Evaluation, "source" | "given">> & { query?: string },
  steps: Steps,
  limits: QueryLimits,
) {
  const infos = new Set<string>();
  const deadline = performance.now() + limits.timeout;
  const run: Evaluation = {
    source,
    given,
    steps,
    bounds: { start: steps.start, end: steps.start + (steps.count - 1) * steps.step },
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

/** A pattern that cannot be read is the query's fault, whether or not there is a series to try it on. */
function tryPatterns(expr: Expr): void {
  if (expr.type === "selector") for (const { matches } of expr.matchers) matches("");
  partsOf(expr).forEach(tryPatterns);
}

function parameterised(query: string): Expr {
  try {
    const expr = parsePromql(query);
    tryPatterns(expr);
    return expr;
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

/** In the order of their labels. */
export function byLabels<T extends { readonly metric: Labels }>(rows: readonly T[]): T[] {
  const keyed = rows.map((row) => ({ row, key: labelsKey(row.metric) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ row }) => row);
}

/** A value's series, each with the points that it has; a scalar is one without labels. */
export function seriesOf(value: Value, steps: Steps): Series[] {
  const columns = value.kind === "vector" ? value.columns : [everyStep(value.values)];
  return columns.flatMap(({ labels, values, present }) => {
    const points: Point[] = [];
    for (let i = 0; i < steps.count; i++) {
      if (present[i] === 1) points.push([(steps.start + i * steps.step) / 1000, formatValue(values[i] ?? 0)]);
    }
    return points.length === 0 ? [] : [{ metric: labels, values: points }];
  });
}

/** Evaluates an expression that selects nothing itself: all its vectors are given. Throws a QueryError. */
export function evaluateGiven(expr: Expr, steps: Steps, given: Evaluation["given"], limits: QueryLimits): Value {
  return evaluate(expr, evaluation({ given }, steps, limits).run);
}

/** Evaluates at one instant (milliseconds). Throws a QueryError. */
export function queryInstant(query: string, time: number, source: SampleSource, limits: QueryLimits): QueryAnswer {
  const expr = parameterised(query);
  const steps = { start: time, step: 1, count: 1 };
  const { run, infos } = evaluation({ query, source }, steps, limits);
  const answer = (data: QueryData): QueryAnswer => ({ data, infos: [...infos] });
  if (expr.type === "string") return answer({ resultType: "string", result: [time / 1000, expr.value] });
  if (valueType(expr) === "range vector") return answer(matrixOf(expr, run));
  const value = evaluate(expr, run);
  const points = seriesOf(value, steps).flatMap(({ metric, values }) =>
    values.map((point) => ({ metric, value: point })),
  );
  const [scalar] = points;
  if (value.kind === "scalar" && scalar) return answer({ resultType: "scalar", result: scalar.value });
  return answer({ resultType: "vector", result: points });
}

/** Evaluates at every step from start to end (milliseconds, both included). Throws a QueryError. */
export function queryRange(
  query: string,
  { start, end, step }: { start: number; end: number; step: number },
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
  const steps = { start, step, count: Math.floor((end - start) / step) + 1 };
  const { run, infos } = evaluation({ query, source }, steps, limits);
  const result = byLabels(seriesOf(evaluate(expr, run), steps));
  return { data: { resultType: "matrix", result }, infos: [...infos] };
}
