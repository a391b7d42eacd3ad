import type { AggregateExpr, BinaryExpr, CallExpr, Expr, Modifiers, SelectorExpr } from "../../../promql/ast.ts";
import { partsOf, someExpr, valueType } from "../../../promql/ast.ts";
import { formatDuration } from "../../../promql/literals.ts";
import { printExpr } from "../../../promql/print.ts";

export interface ExplainedQuery {
  /** What it computes, as a phrase. */
  meaning: string;
  /** What it selects. */
  selects: string[];
  /** What it answers. */
  answers: string;
  /** What makes it slow or wrong. */
  hints: string[];
}

const OPERATORS: Readonly<Record<string, string>> = {
  "=": "is",
  "!=": "is not",
  "=~": "matches",
  "!~": "does not match",
};
const ARITHMETIC: Readonly<Record<string, string>> = {
  "+": "plus",
  "-": "minus",
  "*": "times",
  "/": "divided by",
  "%": "modulo",
  "^": "to the power of",
  atan2: "atan2 of",
};
const COMPARISONS: Readonly<Record<string, string>> = {
  "==": "equal to",
  "!=": "not equal to",
  ">": "above",
  "<": "below",
  ">=": "at or above",
  "<=": "at or below",
};
const SETS: Readonly<Record<string, string>> = {
  and: "where there is also",
  or: "and, where that has nothing,",
  unless: "where there is no",
};
const FUNCTIONS: Readonly<Record<string, string>> = {
  rate: "the per-second increase",
  irate: "the per-second increase between the last two samples",
  increase: "the increase",
  delta: "the difference between end and beginning",
  idelta: "the difference between the last two samples",
  deriv: "the slope per second",
  changes: "how often the value changed",
  resets: "how often the counter began anew",
  absent: "1 where there is no",
  absent_over_time: "1 where there was no",
  scalar: "the single value",
  vector: "the constant",
  histogram_quantile: "the quantile of histogram buckets",
  predict_linear: "the value expected later by the trend",
  label_replace: "with a label rewritten,",
  label_join: "with labels joined,",
  sort: "sorted,",
  sort_desc: "sorted from the top,",
};
const AGGREGATIONS: Readonly<Record<string, string>> = {
  sum: "the sum",
  avg: "the average",
  min: "the lowest",
  max: "the highest",
  count: "how many there are",
  group: "1 for each group",
  stddev: "the standard deviation",
  stdvar: "the variance",
  topk: "the highest",
  bottomk: "the lowest",
  quantile: "the quantile",
  count_values: "how many there are of each value",
};

export const explainedPromql = (expr: Expr): ExplainedQuery => ({
  meaning: phrase(expr),
  selects: selectorsOf(expr).map(selected),
  answers: answerOf(expr),
  hints: hintsOf(expr),
});

function phrase(expr: Expr): string {
  switch (expr.type) {
    case "number":
    case "string":
      return printExpr(expr);
    case "selector":
      return selected(expr);
    case "matrix":
      return `${selected(expr.selector)} over the last ${formatDuration(expr.range)}`;
    case "subquery":
      return `${phrase(expr.expr)}, evaluated over and over during the last ${formatDuration(expr.range)}${moved(expr)}`;
    case "negate":
      return `minus ${phrase(expr.expr)}`;
    case "given":
      return expr.name;
    case "call":
      return called(expr);
    case "aggregate":
      return aggregated(expr);
    case "binary":
      return combined(expr);
  }
}

function selected(selector: SelectorExpr): string {
  const name = selector.matchers.find((matcher) => matcher.name === "__name__" && matcher.operator === "=");
  const rest = selector.matchers.filter((matcher) => matcher !== name);
  const where = rest.map(
    (matcher) => `${matcher.name} ${OPERATORS[matcher.operator]} ${JSON.stringify(matcher.value)}`,
  );
  return `${name?.value ?? "all series"}${where.length > 0 ? ` where ${where.join(" and ")}` : ""}${moved(selector)}`;
}

function moved({ offset, at }: Modifiers): string {
  const moment =
    at === undefined ? "" : ` as of ${typeof at === "number" ? new Date(at).toISOString() : `the query's ${at}`}`;
  if (offset === 0) return moment;
  return `${moment}, ${formatDuration(Math.abs(offset))} ${offset > 0 ? "earlier" : "later"}`;
}

function called({ name, args }: CallExpr): string {
  const over = /^(\w+)_over_time$/.exec(name)?.[1];
  if (name === "histogram_quantile" || name === "quantile_over_time" || name === "predict_linear") {
    return `${FUNCTIONS[name] ?? "the quantile"} (${args.map(phrase).join("; ")})`;
  }
  const words = FUNCTIONS[name] ?? (over ? `the ${over} of the samples` : `${name}`);
  if (args.length === 0) return name === "time" ? "the evaluation's time" : words;
  const of = /,$|\bno$|constant$/.test(words) ? words : `${words} of`;
  return `${of} ${args.map(phrase).join(", ")}`;
}

function aggregated({ operator, param, expr, grouping, without }: AggregateExpr): string {
  const many = param && (operator === "topk" || operator === "bottomk") ? ` ${phrase(param)}` : "";
  const quantile = param && operator === "quantile" ? ` ${phrase(param)}` : "";
  const per = without
    ? grouping.length > 0
      ? `, over ${grouping.join(" and ")},`
      : ""
    : grouping.length > 0
      ? ` per ${grouping.join(" and ")}`
      : " over all series";
  return `${AGGREGATIONS[operator] ?? operator}${many}${quantile}${per} of ${phrase(expr)}`;
}

function combined({ operator, bool, left, right, matching }: BinaryExpr): string {
  const pairs =
    valueType(left) === "scalar" || valueType(right) === "scalar"
      ? ""
      : matching.on
        ? `, series paired by ${matching.labels.join(" and ") || "nothing"}`
        : matching.labels.length > 0
          ? `, series paired by all labels but ${matching.labels.join(" and ")}`
          : "";
  const sides = [left, right].map((side) => (side.type === "binary" ? `(${phrase(side)})` : phrase(side)));
  const comparison = COMPARISONS[operator];
  if (comparison && bool) return `1 or 0, whether ${sides[0]} is ${comparison} ${sides[1]}${pairs}`;
  if (comparison) return `${sides[0]}, only where ${comparison} ${sides[1]}${pairs}`;
  return `${sides[0]} ${SETS[operator] ?? ARITHMETIC[operator] ?? operator} ${sides[1]}${pairs}`;
}

const selectorsOf = (expr: Expr): SelectorExpr[] =>
  expr.type === "selector" ? [expr] : partsOf(expr).flatMap(selectorsOf);

function answerOf(expr: Expr): string {
  const type = valueType(expr);
  if (type === "scalar") return "one number";
  if (type === "string") return "a text";
  if (type === "range vector") return "the samples of each series (only at an instant)";
  if (expr.type !== "aggregate" || expr.operator === "topk" || expr.operator === "bottomk")
    return "one value for each series";
  if (expr.without) return `one value for each combination of the labels but ${expr.grouping.join(", ") || "none"}`;
  return expr.grouping.length > 0 ? `one value for each ${expr.grouping.join(" and ")}` : "one value";
}

const COUNTER = /_(?:total|count|sum|bucket)$/;
const DAY = 86_400_000;

/** What people get wrong most, each told once. */
function hintsOf(expr: Expr): string[] {
  const hints: string[] = [];
  const hint = (found: boolean, text: string): void => void (found && hints.push(text));
  const selectors = selectorsOf(expr);
  const nameless = selectors.some(
    ({ matchers }) => !matchers.some(({ name, operator }) => name === "__name__" && operator === "="),
  );
  hint(nameless, "A selector names no metric: each Prometheus has to look through all of its series.");
  hint(
    selectors.some(({ matchers }) =>
      matchers.some(({ operator, value }) => /~/.test(operator) && value.startsWith(".*")),
    ),
    'A pattern begins with ".*": it is tried on every value; name the values where you can.',
  );
  hint(
    someExpr(expr, (part) => (part.type === "matrix" || part.type === "subquery") && part.range > DAY),
    "A window is longer than a day: every step reads all of it.",
  );
  hint(
    someExpr(expr, (part) => part.type === "subquery"),
    "A subquery is evaluated again at each of its own steps.",
  );
  hint(
    someExpr(
      expr,
      (part) => isRate(part) && selectorsOf(part).some((each) => isNamed(each, (name) => !COUNTER.test(name))),
    ),
    "rate and increase are for counters (_total, _count, _sum, _bucket); of a gauge take deriv or delta.",
  );
  hint(
    selectors.some((each) => isNamed(each, (name) => name.endsWith("_total"))) &&
      !someExpr(expr, (part) => part.type === "matrix"),
    "A counter as it is says only how long it has been counting: take rate(...[5m]).",
  );
  hint(
    someExpr(expr, (part) => isAggregate(part) && someExpr(part.expr, isSumInside)),
    "rate before sum, not the other way round: a sum hides that one of its counters began anew.",
  );
  hint(
    !someExpr(expr, isAggregate) && valueType(expr) === "instant vector" && !printExpr(expr).startsWith("absent"),
    "Not aggregated: a fleet answers one series for each object; sum by (...) or topk answer less.",
  );
  return hints;
}

const isRate = (part: Expr): part is CallExpr => part.type === "call" && /^(?:i?rate|increase)$/.test(part.name);
const isAggregate = (part: Expr): part is AggregateExpr => part.type === "aggregate";
/** rate(sum(...)[5m:]) */
const isSumInside = (part: Expr): boolean => isRate(part) && someExpr(part, isAggregate);

const isNamed = ({ matchers }: SelectorExpr, test: (name: string) => boolean): boolean =>
  matchers.some(({ name, operator, value }) => name === "__name__" && operator === "=" && test(value));
