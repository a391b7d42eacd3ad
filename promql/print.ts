import type { AggregateExpr, BinaryExpr, Expr, Matcher, Modifiers, SelectorExpr } from "./ast.ts";
import { formatDuration } from "./literals.ts";

const LABEL = /^[a-zA-Z_]\w*$/;
const METRIC = /^[a-zA-Z_:][\w:]*$/;
/** Names that a parser may take for something else. */
const KEYWORD =
  /^(?:and|or|unless|atan2|by|without|on|ignoring|group_left|group_right|bool|offset|inf|nan|start|end|fill\w*|smoothed|anchored|sum|avg|min|max|count|group|stddev|stdvar|topk|bottomk|quantile|count_values|limitk|limit_ratio)$/i;

const nameOf = (label: string): string => (LABEL.test(label) ? label : JSON.stringify(label));
const namesOf = (labels: readonly string[]): string => `(${labels.map(nameOf).join(", ")})`;

function numberOf(value: number): string {
  if (Math.abs(value) === Infinity) return value < 0 ? "-Inf" : "Inf";
  return Object.is(value, -0) ? "-0" : String(value);
}

/** A matcher as it stands in braces. */
export const printMatcher = ({ name, operator, value }: Matcher): string =>
  `${nameOf(name)}${operator}${JSON.stringify(value)}`;

function bareSelector({ matchers }: SelectorExpr): string {
  const metric = matchers.find(
    ({ name, operator, value }) =>
      name === "__name__" && operator === "=" && METRIC.test(value) && !KEYWORD.test(value),
  );
  const rest = matchers.filter((matcher) => matcher !== metric).map(printMatcher);
  return `${metric?.value ?? ""}${rest.length > 0 || metric === undefined ? `{${rest.join(", ")}}` : ""}`;
}

function modifiersOf({ offset, at }: Modifiers): string {
  const moment = at === undefined ? "" : ` @ ${typeof at === "number" ? (at / 1000).toFixed(3) : `${at}()`}`;
  return `${moment}${offset === 0 ? "" : ` offset ${formatDuration(offset)}`}`;
}

/** In parentheses where an operator beside it, or brackets behind it, would take it apart. */
function operand(expr: Expr): string {
  const signed = expr.type === "number" && (expr.value < 0 || Object.is(expr.value, -0));
  const text = printExpr(expr);
  return signed || expr.type === "binary" || expr.type === "negate" ? `(${text})` : text;
}

function binaryOf({ operator, bool, left, right, matching }: BinaryExpr): string {
  const { on, labels, cardinality, include } = matching;
  const group = { "many-to-one": " group_left ", "one-to-many": " group_right " }[cardinality as string];
  const clause = on || labels.length > 0 || group ? ` ${on ? "on" : "ignoring"} ${namesOf(labels)}` : "";
  const grouping = group ? `${group}${namesOf(include)}` : "";
  return `${operand(left)} ${operator}${bool ? " bool" : ""}${clause}${grouping} ${operand(right)}`;
}

function aggregateOf({ operator, param, expr, grouping, without }: AggregateExpr): string {
  const clause = without || grouping.length > 0 ? ` ${without ? "without" : "by"} ${namesOf(grouping)} ` : "";
  return `${operator}${clause}(${[param, expr].flatMap((part) => (part ? [printExpr(part)] : [])).join(", ")})`;
}

/** The expression as text that means the same. */
export function printExpr(expr: Expr): string {
  switch (expr.type) {
    case "number":
      return numberOf(expr.value);
    case "string":
      return JSON.stringify(expr.value);
    case "selector":
      return `${bareSelector(expr)}${modifiersOf(expr)}`;
    case "matrix":
      return `${bareSelector(expr.selector)}[${formatDuration(expr.range)}]${modifiersOf(expr.selector)}`;
    case "subquery": {
      const step = expr.step === undefined ? "" : formatDuration(expr.step);
      const modified = expr.expr.type === "selector" && modifiersOf(expr.expr) !== "";
      const inner = modified ? `(${printExpr(expr.expr)})` : operand(expr.expr);
      return `${inner}[${formatDuration(expr.range)}:${step}]${modifiersOf(expr)}`;
    }
    case "call":
      return `${expr.name}(${expr.args.map(printExpr).join(", ")})`;
    case "aggregate":
      return aggregateOf(expr);
    case "binary":
      return binaryOf(expr);
    case "negate":
      return `-${operand(expr.expr)}`;
    case "given":
      return expr.name;
  }
}
