import type { CallExpr, Expr } from "./ast.ts";
import { badData, execution } from "./errors.ts";
import { anchored } from "./matchers.ts";
import type { Labels } from "./source.ts";
import { type Bucket, bucketQuantile } from "./statistics.ts";
import { type Column, dropLabels, emptyColumn, labelsKey, mergeSame } from "./values.ts";

/** Functions of one number that apply to every value of a vector; undefined leaves it out. */
export const ELEMENTWISE: Readonly<Record<string, (value: number, ...params: number[]) => number | undefined>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  exp: Math.exp,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  sqrt: Math.sqrt,
  sgn: Math.sign,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  deg: (value) => (value * 180) / Math.PI,
  rad: (value) => (value * Math.PI) / 180,
  round: (value, to = 1) => Math.floor(value * (1 / to) + 0.5) / (1 / to),
  clamp: (value, low = 0, high = 0) => (high < low ? undefined : Math.max(low, Math.min(high, value))),
  clamp_min: (value, low = 0) => Math.max(low, value),
  clamp_max: (value, high = 0) => Math.min(high, value),
};

const DAY = 86_400_000;

/** What a calendar in UTC says of a time. */
export const DATES: Readonly<Record<string, (time: Date) => number>> = {
  minute: (time) => time.getUTCMinutes(),
  hour: (time) => time.getUTCHours(),
  day_of_week: (time) => time.getUTCDay(),
  day_of_month: (time) => time.getUTCDate(),
  day_of_year: (time) => Math.floor((time.getTime() - Date.UTC(time.getUTCFullYear(), 0, 1)) / DAY) + 1,
  days_in_month: (time) => new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + 1, 0)).getUTCDate(),
  month: (time) => time.getUTCMonth() + 1,
  year: (time) => time.getUTCFullYear(),
};

/** One text argument, which the type check has made sure of. */
export function textOf(expr: Expr | undefined): string {
  return expr?.type === "string" ? expr.value : "";
}

/** histogram_quantile over classic buckets: one series per label set without `le`. */
export function histogramQuantile(q: Float64Array, columns: readonly Column[], count: number): Column[] {
  const groups = new Map<string, { labels: Labels; buckets: { bound: number; column: Column }[] }>();
  for (const column of columns) {
    const le = column.labels["le"];
    const bound = le === "+Inf" ? Infinity : Number(le ?? Number.NaN);
    if (le === undefined || le === "" || Number.isNaN(bound)) continue;
    const labels = dropLabels(column.labels, ["__name__", "le"]);
    const key = labelsKey(labels);
    const group = groups.get(key) ?? { labels, buckets: [] };
    group.buckets.push({ bound, column });
    groups.set(key, group);
  }
  return [...groups.values()].map(({ labels, buckets }) => {
    const result = emptyColumn(labels, count);
    for (let i = 0; i < count; i++) {
      const here: Bucket[] = [];
      for (const { bound, column } of buckets) {
        if (column.present[i] === 1) here.push({ bound, count: column.values[i] ?? 0 });
      }
      if (here.length === 0) continue;
      result.present[i] = 1;
      result.values[i] = bucketQuantile(q[i] ?? Number.NaN, here);
    }
    return result;
  });
}

/** The labels that absent() gives its result: those that the selector fixes. */
function absentLabels(expr: Expr | undefined): Labels {
  if (expr?.type === "given") return absentLabels(expr.expr);
  const selector = expr?.type === "matrix" ? expr.selector : expr;
  if (selector?.type !== "selector") return {};
  const labels: Record<string, string> = {};
  const fixed = new Set<string>();
  for (const { name, operator, value } of selector.matchers) {
    if (name === "__name__") continue;
    if (operator === "=" && !fixed.has(name)) {
      fixed.add(name);
      labels[name] = value;
    } else delete labels[name];
  }
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ""));
}

/** 1 at every step where nothing is present. */
export function absent(argument: Expr | undefined, present: (step: number) => boolean, count: number): Column[] {
  const result = emptyColumn(absentLabels(argument), count);
  for (let i = 0; i < count; i++) {
    if (present(i)) continue;
    result.present[i] = 1;
    result.values[i] = 1;
  }
  return [result];
}

function expand(template: string, match: RegExpExecArray): string {
  return template.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (all, braced?: string, plain?: string) => {
    if (all === "$$") return "$";
    const name = braced ?? plain ?? "";
    return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? "";
  });
}

function destinationOf(call: CallExpr): string {
  const destination = textOf(call.args[1]);
  if (/^[a-zA-Z_]\w*$/.test(destination)) return destination;
  throw execution(`invalid destination label name in ${call.name}(): ${destination}`);
}

function withLabel(column: Column, name: string, value: string): Column {
  const rest = dropLabels(column.labels, [name]);
  return { ...column, labels: value === "" ? rest : { ...rest, [name]: value } };
}

/** label_join(v, destination, separator, sources…). */
export function labelJoin(call: CallExpr, columns: readonly Column[]): Column[] {
  const destination = destinationOf(call);
  const [separator, ...sources] = call.args.slice(2).map(textOf);
  return mergeSame(
    columns.map((column) =>
      withLabel(column, destination, sources.map((source) => column.labels[source] ?? "").join(separator)),
    ),
  );
}

/** label_replace(v, destination, replacement, source, pattern). @param check throws when it has taken too long: patterns may. */
export function labelReplace(call: CallExpr, columns: readonly Column[], check: () => void): Column[] {
  const destination = destinationOf(call);
  const [replacement, source, pattern] = call.args.slice(2).map(textOf);
  if (pattern === undefined) throw badData("missing pattern");
  const regex = anchored(pattern);
  return mergeSame(
    columns.map((column) => {
      check();
      const match = regex.exec(column.labels[source ?? ""] ?? "");
      if (match === null) return column;
      return withLabel(column, destination, expand(replacement ?? "", match));
    }),
  );
}
