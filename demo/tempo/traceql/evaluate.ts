import { type Pattern, pattern } from "../../../promql/pattern.ts";
import type { WorldSpan, WorldTrace } from "../../world/traces/trace.ts";
import { type Aggregate, type Field, type FieldExpr, type SpansetExpr, type TraceQuery, TraceqlError } from "./ast.ts";
import { type Attribute, fieldValues } from "./fields.ts";

export interface Matched {
  readonly spans: readonly WorldSpan[];
  /** What the aggregations gave. */
  readonly scalars: readonly { readonly text: string; readonly value: number; readonly whole: boolean }[];
}

type Span = { readonly span: WorldSpan; readonly trace: WorldTrace };

const NUMERIC: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
};

const patterns = new Map<string, Pattern>();

function compiled(text: string): Pattern {
  const known = patterns.get(text);
  if (known !== undefined) return known;
  if (patterns.size > 100) patterns.clear();
  const read = pattern(text);
  patterns.set(text, read);
  return read;
}

function compare(operator: string, a: Attribute, b: Attribute): boolean {
  switch (operator) {
    case "=":
      return a === b;
    case "!=":
      return a !== b;
    case "=~":
      return compiled(String(b))(String(a));
    case "!~":
      return !compiled(String(b))(String(a));
    default: {
      const order = NUMERIC[operator];
      if (order === undefined) throw new TraceqlError(`${operator} is not simulated`);
      return typeof a === typeof b && order(Number(a), Number(b));
    }
  }
}

function valuesOf(expr: FieldExpr, at: Span): readonly Attribute[] {
  if (expr.is === "field") return fieldValues(expr.field, at.span, at.trace);
  if (expr.is === "static" && expr.static.value !== null) return [expr.static.value];
  return expr.is === "static" ? [] : [holds(expr, at)];
}

const isNil = (expr: FieldExpr) => expr.is === "static" && expr.static.type === "nil";

/** Whether a condition holds for a span. */
function holds(expr: FieldExpr, at: Span): boolean {
  if (expr.is === "not") return !holds(expr.expr, at);
  if (expr.is !== "binary") return valuesOf(expr, at).includes(true);
  const { operator, left, right } = expr;
  if (operator === "&&") return holds(left, at) && holds(right, at);
  if (operator === "||") return holds(left, at) || holds(right, at);
  if (isNil(right) || isNil(left)) {
    const there = valuesOf(isNil(right) ? left : right, at).length > 0;
    return operator === "!=" ? there : !there;
  }
  const others = valuesOf(right, at);
  return valuesOf(left, at).some((a) => others.some((b) => compare(operator, a, b)));
}

function related(operator: string, span: WorldSpan, other: WorldSpan, byId: ReadonlyMap<string, WorldSpan>): boolean {
  switch (operator) {
    case ">":
      return span.parent === other.id;
    case "<":
      return other.parent === span.id;
    case "~":
      return span !== other && span.parent !== undefined && span.parent === other.parent;
    case ">>":
    case "<<": {
      const [below, above] = operator === ">>" ? [span, other] : [other, span];
      let parent = byId.get(below.parent ?? "");
      while (parent !== undefined && parent !== above) parent = byId.get(parent.parent ?? "");
      return parent === above;
    }
    default:
      throw new TraceqlError(`${operator} is not simulated`);
  }
}

/** The spans of a trace that an expression finds. */
function select(expr: SpansetExpr, trace: WorldTrace, among: readonly WorldSpan[]): readonly WorldSpan[] {
  if (expr.is === "filter") {
    const { condition } = expr;
    return condition === undefined ? among : among.filter((span) => holds(condition, { span, trace }));
  }
  const [left, right] = [select(expr.left, trace, among), select(expr.right, trace, among)];
  if (expr.operator === "||" || expr.operator === "&&") {
    if (expr.operator === "&&" && (left.length === 0 || right.length === 0)) return [];
    return among.filter((span) => left.includes(span) || right.includes(span));
  }
  const byId = new Map(trace.spans.map((span) => [span.id, span]));
  return right.filter((span) => left.some((other) => related(expr.operator, span, other, byId)));
}

function scalar({ name, field, text }: Aggregate, trace: WorldTrace, spans: readonly WorldSpan[]): number {
  if (name === "count") return spans.length;
  const values = spans.flatMap((span) => (field === undefined ? [] : valuesOf(field, { span, trace }).map(Number)));
  const sum = values.reduce((total, value) => total + value, 0);
  if (name === "sum") return sum;
  if (name === "avg") return sum / values.length;
  if (name === "max") return Math.max(...values);
  if (name === "min") return Math.min(...values);
  throw new TraceqlError(`${text} is not simulated`);
}

/** What a query finds in a trace; undefined where that is nothing. */
export function matchTrace({ spanset, stages }: TraceQuery, trace: WorldTrace): Matched | undefined {
  let spans = select(spanset, trace, trace.spans);
  const scalars: { text: string; value: number; whole: boolean }[] = [];
  for (const stage of stages) {
    if (spans.length === 0) return undefined;
    if (stage.is === "spanset") spans = select(stage.expr, trace, spans);
    if (stage.is !== "scalar") continue;
    const { aggregate, operator, bound } = stage;
    const value = scalar(aggregate, trace, spans);
    if (!compare(operator, value, Number(bound.value))) return undefined;
    scalars.push({ text: aggregate.text, value, whole: aggregate.name === "count" });
  }
  return spans.length === 0 ? undefined : { spans, scalars };
}

/** The fields that a query mentions: a found span tells their values. */
export function mentioned({ spanset, stages }: TraceQuery): Field[] {
  const fields = new Map<string, Field>();
  const visit = (expr: FieldExpr | undefined): void => {
    if (expr?.is === "field") fields.set(expr.text, expr.field);
    if (expr?.is === "not") visit(expr.expr);
    if (expr?.is === "binary") [expr.left, expr.right].forEach(visit);
  };
  const visitSpanset = (expr: SpansetExpr): void => {
    if (expr.is === "filter") visit(expr.condition);
    else [expr.left, expr.right].forEach(visitSpanset);
  };
  visitSpanset(spanset);
  for (const stage of stages) {
    if (stage.is === "spanset") visitSpanset(stage.expr);
    if (stage.is === "select") stage.fields.forEach(visit);
  }
  return [...fields.values()];
}
