import { formatValue } from "../../promql/literals.ts";
import { labelsKey } from "../../promql/values.ts";
import { type Grouping, type MetricExpr, notSimulated, type RangeExpr, type VectorExpr } from "./ast.ts";
import { allLabels, type Entry, runStages, seconds } from "./pipeline.ts";
import { entries, type Source } from "./read.ts";

type Labels = Readonly<Record<string, string>>;

/** A series' values at the steps; undefined where it has none. */
interface Column {
  readonly labels: Labels;
  readonly values: (number | undefined)[];
}

/** Times of evaluation, in milliseconds. */
export interface Steps {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

interface Sample {
  /** Milliseconds. */
  readonly at: number;
  readonly value: number;
}

const MAX_SERIES = 500;

function group(labels: Labels, { without, labels: names }: Grouping): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => names.includes(name) !== without));
}

/** The value that an entry counts for; undefined where it has none. */
function counted({ operator, unwrap }: RangeExpr, entry: Entry): number | undefined {
  if (unwrap === undefined) return operator.startsWith("bytes_") ? Buffer.byteLength(entry.line) : 1;
  const text = allLabels(entry)[unwrap.label];
  if (text === undefined) return undefined;
  const value = unwrap.conversion.startsWith("duration") ? seconds(text) : Number(text);
  return Number.isNaN(value) ? undefined : value;
}

const sum = (samples: readonly Sample[]) => samples.reduce((total, { value }) => total + value, 0);
const numbers = (samples: readonly Sample[]) => samples.map(({ value }) => value);

function quantile(of: readonly number[], q: number): number {
  const sorted = of.toSorted((a, b) => a - b);
  const rank = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(rank)] ?? 0, sorted[Math.ceil(rank)] ?? 0];
  return low + (high - low) * (rank - Math.floor(rank));
}

const OVER_TIME: Readonly<Record<string, (samples: readonly Sample[], seconds: number, parameter: number) => number>> =
  {
    count_over_time: (samples) => samples.length,
    rate: (samples, range) => sum(samples) / range,
    bytes_over_time: sum,
    bytes_rate: (samples, range) => sum(samples) / range,
    sum_over_time: sum,
    avg_over_time: (samples) => sum(samples) / samples.length,
    max_over_time: (samples) => Math.max(...numbers(samples)),
    min_over_time: (samples) => Math.min(...numbers(samples)),
    first_over_time: (samples) => samples[0]?.value ?? 0,
    last_over_time: (samples) => samples.at(-1)?.value ?? 0,
    quantile_over_time: (samples, _, parameter) => quantile(numbers(samples), parameter),
  };

/** `outer` is how the sum around it groups: what it does not ask for need not be told apart. */
function range(expr: RangeExpr, source: Source, steps: Steps, outer: Grouping | undefined): Column[] {
  const evaluate = OVER_TIME[expr.operator];
  if (evaluate === undefined) throw notSimulated(expr.operator);
  const end = steps.start + (steps.count - 1) * steps.step - expr.offset;
  const window = {
    start: BigInt(steps.start - expr.offset - expr.range) * 1_000_000n + 1n,
    end: BigInt(end) * 1_000_000n + 1n,
  };
  const series = new Map<string, { labels: Labels; samples: Sample[] }>();
  for (const chunk of entries(source, expr.log, window, "forward")) {
    for (const found of chunk) {
      const entry = expr.unwrap === undefined ? found : runStages(expr.unwrap.stages, found);
      const value = entry === undefined ? undefined : counted(expr, entry);
      if (entry === undefined || value === undefined) continue;
      const { [expr.unwrap?.label ?? ""]: _, ...all } = allLabels(entry);
      const grouping = expr.grouping ?? outer;
      const labels = grouping === undefined ? all : group(all, grouping);
      const key = labelsKey(labels);
      const one = series.get(key) ?? { labels, samples: [] };
      series.set(key, one);
      one.samples.push({ at: Number(entry.ns / 1000n) / 1000, value });
    }
  }
  return [...series.values()].map(({ labels, samples }) => {
    const values: (number | undefined)[] = [];
    for (let i = 0, from = 0, to = 0; i < steps.count; i++) {
      const at = steps.start + i * steps.step - expr.offset;
      while (from < samples.length && (samples[from]?.at ?? 0) <= at - expr.range) from++;
      while (to < samples.length && (samples[to]?.at ?? 0) <= at) to++;
      const within = samples.slice(from, to);
      values.push(within.length === 0 ? undefined : evaluate(within, expr.range / 1000, expr.parameter ?? 0));
    }
    return { labels, values };
  });
}

const AGGREGATIONS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((total, value) => total + value, 0),
  avg: (values) => values.reduce((total, value) => total + value, 0) / values.length,
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  count: (values) => values.length,
};

function ranked({ operator, parameter = 1, expr }: VectorExpr, source: Source, steps: Steps): Column[] {
  const columns = evaluateColumns(expr, source, steps);
  const sign = operator === "topk" ? -1 : 1;
  for (let i = 0; i < steps.count; i++) {
    const order = columns
      .filter(({ values }) => values[i] !== undefined)
      .sort((a, b) => sign * ((a.values[i] ?? 0) - (b.values[i] ?? 0)));
    for (const { values } of order.slice(parameter)) values[i] = undefined;
  }
  return columns.filter(({ values }) => values.some((value) => value !== undefined));
}

function vector(expr: VectorExpr, source: Source, steps: Steps): Column[] {
  if (expr.operator === "topk" || expr.operator === "bottomk") return ranked(expr, source, steps);
  const aggregate = AGGREGATIONS[expr.operator];
  if (aggregate === undefined) throw notSimulated(expr.operator);
  const inner = expr.expr;
  const additive = expr.operator === "sum" && inner.type === "range" && inner.unwrap === undefined;
  const columns = additive ? range(inner, source, steps, expr.grouping) : evaluateColumns(inner, source, steps);
  const groups = Map.groupBy(columns, ({ labels }) => labelsKey(group(labels, expr.grouping)));
  return [...groups.values()].map((members) => ({
    labels: group(members[0]?.labels ?? {}, expr.grouping),
    values: Array.from({ length: steps.count }, (_, i) => {
      const values = members.flatMap((member) => member.values[i] ?? []);
      return values.length === 0 ? undefined : aggregate(values);
    }),
  }));
}

type Binary = (a: number, b: number) => number | undefined;

const BINARY: Readonly<Record<string, Binary>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "^": (a, b) => a ** b,
  ">": (a, b) => (a > b ? a : undefined),
  ">=": (a, b) => (a >= b ? a : undefined),
  "<": (a, b) => (a < b ? a : undefined),
  "<=": (a, b) => (a <= b ? a : undefined),
  "==": (a, b) => (a === b ? a : undefined),
  "!=": (a, b) => (a !== b ? a : undefined),
};

function evaluateColumns(expr: MetricExpr, source: Source, steps: Steps): Column[] {
  switch (expr.type) {
    case "range":
      return range(expr, source, steps, undefined);
    case "vector":
      return vector(expr, source, steps);
    case "number":
      return [{ labels: {}, values: Array.from({ length: steps.count }, () => expr.value) }];
    case "binary": {
      const operate = BINARY[expr.operator];
      if (operate === undefined) throw notSimulated(expr.operator);
      const [left, right] = [evaluateColumns(expr.left, source, steps), evaluateColumns(expr.right, source, steps)];
      const other = new Map(right.map((column) => [labelsKey(column.labels), column]));
      const constant = (of: MetricExpr, columns: readonly Column[]) =>
        scalarOf(of) === undefined ? undefined : columns[0];
      const [onLeft, onRight] = [constant(expr.left, left), constant(expr.right, right)];
      const rows = onLeft !== undefined && onRight === undefined ? right : left;
      return rows.flatMap((row) => {
        const a = onLeft ?? row;
        const b = onRight ?? (onLeft === undefined ? other.get(labelsKey(row.labels)) : row);
        if (b === undefined) return [];
        const values = row.values.map((_, i) => {
          const [x, y] = [a.values[i], b.values[i]];
          return x === undefined || y === undefined ? undefined : operate(x, y);
        });
        return [{ labels: row.labels, values }];
      });
    }
  }
}

/** The value of an expression that looks at no log. */
export function scalarOf(expr: MetricExpr): number | undefined {
  if (expr.type === "number") return expr.value;
  if (expr.type !== "binary") return undefined;
  const [a, b] = [scalarOf(expr.left), scalarOf(expr.right)];
  return a === undefined || b === undefined ? undefined : BINARY[expr.operator]?.(a, b);
}

export interface MetricRow {
  readonly metric: Labels;
  readonly values: readonly (readonly [seconds: number, value: string])[];
}

/** The series of an expression with their values at the steps, those without any left out. */
export function evaluateMetric(expr: MetricExpr, source: Source, steps: Steps): MetricRow[] {
  const columns = evaluateColumns(expr, source, steps).sort((a, b) =>
    labelsKey(a.labels) < labelsKey(b.labels) ? -1 : 1,
  );
  const rows = columns.flatMap(({ labels, values }) => {
    const points = values.flatMap((value, i) =>
      value === undefined ? [] : [[(steps.start + i * steps.step) / 1000, formatValue(value)] as const],
    );
    return points.length === 0 ? [] : [{ metric: labels, values: points }];
  });
  if (rows.length > MAX_SERIES) throw notSimulated(`a query of more than ${MAX_SERIES} series`);
  return rows;
}
