import { aggregate, sorted } from "./aggregate.ts";
import { type CallExpr, type Expr, type SubqueryExpr, valueType } from "./ast.ts";
import { binary } from "./binary.ts";
import { execution, unsupported } from "./errors.ts";
import { absent, DATES, ELEMENTWISE, histogramQuantile, labelJoin, labelReplace, textOf } from "./functions.ts";
import { RANGE_FUNCTIONS, type RangeFunction, regression, type Window, windowQuantile } from "./range-functions.ts";
import { columnRanges, instantVector, type RangeSeries, type Reading, rangeVector, subquerySteps } from "./samples.ts";
import {
  type Column,
  dropName,
  emptyColumn,
  everyStep,
  mapColumns,
  mergeSame,
  moments,
  type Steps,
  type Value,
} from "./values.ts";

const DEFAULT_SUBQUERY_STEP = 60_000;

/** What one evaluation works with. */
export interface Evaluation extends Reading {
  /** The columns of what was evaluated elsewhere, at these steps. */
  readonly given: (name: string, steps: Steps) => readonly Column[];
  /** Throws when the query has taken too long. */
  readonly check: () => void;
  /** Takes a remark for the answer's `infos`: about which metric, at which offset in the query. */
  readonly info: (metric: string, from: number) => void;
}

function vector(expr: Expr | undefined, run: Evaluation): readonly Column[] {
  const value = expr === undefined ? undefined : evaluate(expr, run);
  return value?.kind === "vector" ? value.columns : [];
}

function scalar(expr: Expr | undefined, run: Evaluation): Float64Array {
  const value = expr === undefined ? undefined : evaluate(expr, run);
  return value?.kind === "scalar" ? value.values : new Float64Array(run.steps.count);
}

function times({ steps }: Evaluation): Float64Array {
  return Float64Array.from({ length: steps.count }, (_, i) => (steps.start + i * steps.step) / 1000);
}

function subquery(expr: SubqueryExpr, run: Evaluation): RangeSeries[] {
  const { steps, bounds } = run;
  const inner = subquerySteps(expr, expr.step ?? DEFAULT_SUBQUERY_STEP, steps, bounds);
  return columnRanges(vector(expr.expr, { ...run, steps: inner }), inner, expr, steps, bounds);
}

/** The series of a range vector argument with their windows at each step. */
export function ranges(expr: Expr | undefined, run: Evaluation): RangeSeries[] {
  if (expr?.type === "matrix") return rangeVector(run, expr);
  return expr?.type === "subquery" ? subquery(expr, run) : [];
}

function overRanges(
  argument: Expr | undefined,
  run: Evaluation,
  keepName: boolean,
  apply: (window: Window, step: number) => number | undefined,
): Column[] {
  if (argument?.type !== "matrix" && argument?.type !== "subquery") return [];
  const { steps } = run;
  const momentOf = moments(argument.type === "matrix" ? argument.selector : argument, steps, run.bounds);
  const columns = ranges(argument, run).map(({ labels, times, values, windows }) => {
    run.check();
    const column = emptyColumn(keepName ? labels : dropName(labels), steps.count);
    const window: Window = { times, values, lo: 0, hi: 0, start: 0, end: 0 };
    for (let i = 0; i < steps.count; i++) {
      window.lo = windows.lo[i] ?? 0;
      window.hi = windows.hi[i] ?? 0;
      if (window.hi <= window.lo) continue;
      window.end = momentOf(i);
      window.start = window.end - argument.range;
      const result = apply(window, i);
      if (result === undefined) continue;
      column.present[i] = 1;
      column.values[i] = result;
    }
    return column;
  });
  return keepName ? columns : mergeSame(columns);
}

const COUNTER_NAME = /_(?:total|sum|count|bucket)$/;

function rangeCall(call: CallExpr, apply: RangeFunction, run: Evaluation): Column[] {
  const [argument] = call.args;
  if ((call.name === "rate" || call.name === "increase") && argument?.type === "matrix") {
    const { matchers, from } = argument.selector;
    const name = matchers.find((matcher) => matcher.name === "__name__" && matcher.operator === "=")?.value;
    const odd = name !== undefined && !COUNTER_NAME.test(name);
    if (odd && run.source.select(matchers).length > 0) run.info(name, from);
  }
  return overRanges(argument, run, call.name === "last_over_time", apply);
}

function call(expr: CallExpr, run: Evaluation): Value {
  const { name, args } = expr;
  const { count } = run.steps;
  const [first, second] = args;
  const columns = (list: Column[]): Value => ({ kind: "vector", columns: list });
  const rangeFunction = RANGE_FUNCTIONS[name];
  if (rangeFunction !== undefined) return columns(rangeCall(expr, rangeFunction, run));
  const date = DATES[name];
  if (date !== undefined) {
    const instants = first === undefined ? [everyStep(times(run))] : vector(first, run);
    return columns(mapColumns(instants, (seconds) => date(new Date(Math.trunc(seconds) * 1000))));
  }
  const elementwise = ELEMENTWISE[name];
  if (elementwise !== undefined) {
    const params = args.slice(1).map((arg) => scalar(arg, run));
    const change = (value: number, i: number) => elementwise(value, ...params.map((param) => param[i] ?? 0));
    return columns(mapColumns(vector(first, run), change));
  }
  switch (name) {
    case "quantile_over_time": {
      const q = scalar(first, run);
      return columns(overRanges(second, run, false, (window, i) => windowQuantile(q[i] ?? Number.NaN, window)));
    }
    case "predict_linear": {
      const ahead = scalar(second, run);
      return columns(
        overRanges(first, run, false, (window, i) => {
          const at = run.steps.start + i * run.steps.step;
          const line = regression(window, at);
          return line === undefined ? undefined : line.intercept + line.slope * (ahead[i] ?? 0);
        }),
      );
    }
    case "histogram_quantile":
      return columns(histogramQuantile(scalar(first, run), vector(second, run), count));
    case "timestamp":
      if (first?.type === "selector") return columns(mapColumns(instantVector(run, first, true), (value) => value));
      return columns(mapColumns(vector(first, run), (_, i) => (run.steps.start + i * run.steps.step) / 1000));
    case "absent": {
      const present = vector(first, run);
      return columns(absent(first, (i) => present.some((column) => column.present[i] === 1), count));
    }
    case "absent_over_time": {
      const series = ranges(first, run);
      const seen = (i: number) => series.some(({ windows }) => (windows.hi[i] ?? 0) > (windows.lo[i] ?? 0));
      return columns(absent(first, seen, count));
    }
    case "label_join":
      return columns(labelJoin(expr, vector(first, run)));
    case "label_replace":
      return columns(labelReplace(expr, vector(first, run), run.check));
    case "sort":
    case "sort_desc":
      return columns(sorted(vector(first, run), name === "sort_desc"));
    case "vector":
      return columns([everyStep(scalar(first, run))]);
    case "scalar": {
      const all = vector(first, run);
      const single = (_: unknown, i: number) => {
        const [only, more] = all.filter((column) => column.present[i] === 1);
        return only === undefined || more !== undefined ? Number.NaN : (only.values[i] ?? 0);
      };
      return { kind: "scalar", values: Float64Array.from({ length: count }, single) };
    }
    case "time":
      return { kind: "scalar", values: times(run) };
    case "pi":
      return { kind: "scalar", values: new Float64Array(count).fill(Math.PI) };
    default:
      throw unsupported(`function "${name}"`);
  }
}

/** Evaluates a scalar or instant vector expression at every step. Throws a QueryError. */
export function evaluate(expr: Expr, run: Evaluation): Value {
  run.check();
  const { count } = run.steps;
  switch (expr.type) {
    case "number":
      return { kind: "scalar", values: new Float64Array(count).fill(expr.value) };
    case "selector":
      return { kind: "vector", columns: instantVector(run, expr) };
    case "given":
      return { kind: "vector", columns: run.given(expr.name, run.steps) };
    case "call":
      return call(expr, run);
    case "negate": {
      const value = evaluate(expr.expr, run);
      if (value.kind === "scalar") return { kind: "scalar", values: value.values.map((number) => -number) };
      return { kind: "vector", columns: mapColumns(value.columns, (number) => -number) };
    }
    case "binary":
      return binary(expr, evaluate(expr.left, run), evaluate(expr.right, run), count);
    case "aggregate": {
      const isText = expr.param?.type === "string";
      const param = isText ? new Float64Array(0) : scalar(expr.param, run);
      const columns = aggregate(expr, vector(expr.expr, run), count, param, textOf(expr.param));
      return { kind: "vector", columns };
    }
    case "string":
    case "matrix":
    case "subquery":
      throw execution(`unexpected ${valueType(expr)}`);
  }
}
