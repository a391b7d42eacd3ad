import type { parser } from "@prometheus-io/lezer-promql";
import { type AggregateExpr, type Expr, type Matcher, type MatchOperator, valueType } from "./ast.ts";
import { type QueryError, unsupported } from "./errors.ts";
import { parseNumber, unquote } from "./literals.ts";
import { matcher } from "./matchers.ts";
import { AGGREGATIONS, SIGNATURES } from "./signatures.ts";

/** A node of the grammar's tree; its package is a dependency of the grammar, not ours. */
export type SyntaxNode = ReturnType<typeof parser.parse>["topNode"];

/** What turning the syntax tree into expressions needs from the query's text. */
export interface Lowering {
  readonly expr: (node: SyntaxNode) => Expr;
  readonly text: (node: SyntaxNode) => string;
  readonly duration: (node: SyntaxNode) => number;
  readonly fail: (node: { from: number }, message: string) => QueryError;
}

export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== "LineComment") children.push(child);
  }
  return children;
}

function stringOf(node: SyntaxNode, low: Lowering): string {
  const text = unquote(low.text(node));
  if (text === undefined) throw low.fail(node, "invalid string literal");
  return text;
}

export function namesOf(node: SyntaxNode | null, low: Lowering): string[] {
  if (node === null) return [];
  return childrenOf(node).map((name) => (name.name === "LabelName" ? low.text(name) : stringOf(name, low)));
}

/** A pattern that only a real Prometheus reads may match anything: it will say. */
function matchesEmpty(entry: Matcher): boolean {
  try {
    return entry.matches("");
  } catch {
    return false;
  }
}

function lowerSelector(node: SyntaxNode, low: Lowering): Expr {
  const name = node.getChild("Identifier");
  const matchers = name === null ? [] : [matcher("__name__", "=", low.text(name))];
  const braces = node.getChild("LabelMatchers");
  for (const entry of braces === null ? [] : childrenOf(braces)) {
    const [label, operator, value] = childrenOf(entry);
    if (entry.name === "QuotedLabelName") {
      matchers.push(matcher("__name__", "=", stringOf(label ?? entry, low)));
    } else if (label !== undefined && operator !== undefined && value !== undefined) {
      const key = label.name === "LabelName" ? low.text(label) : stringOf(label.firstChild ?? label, low);
      matchers.push(matcher(key, low.text(operator) as MatchOperator, stringOf(value, low)));
    }
  }
  if (matchers.filter((entry) => entry.name === "__name__" && entry.operator === "=").length > 1) {
    throw low.fail(node, "metric name must not be set twice");
  }
  if (matchers.every(matchesEmpty)) {
    throw low.fail(node, "vector selector must contain at least one non-empty matcher");
  }
  return { type: "selector", matchers, offset: 0, from: node.from };
}

function lowerCall(node: SyntaxNode, low: Lowering): Expr {
  const name = low.text(node.getChild("FunctionIdentifier") ?? node);
  const body = node.getChild("FunctionCallBody");
  const nodes = body === null ? [] : childrenOf(body);
  const signature = SIGNATURES[name];
  if (signature === undefined) throw unsupported(`function "${name}"`);
  const required = signature.filter((type) => !/[?*]$/.test(type)).length;
  const all = signature.at(-1)?.endsWith("*") === true ? Infinity : signature.length;
  if (nodes.length < required || nodes.length > all) {
    throw low.fail(node, `expected ${required} argument(s) in call to "${name}", got ${nodes.length}`);
  }
  const args = nodes.map((arg, index) => {
    const expr = low.expr(arg);
    const expected = (signature[index] ?? signature.at(-1))?.replace(/[?*]$/, "");
    if (valueType(expr) !== expected) {
      throw low.fail(arg, `expected type ${expected} in call to function "${name}", got ${valueType(expr)}`);
    }
    return expr;
  });
  return { type: "call", name, args };
}

function lowerAggregate(node: SyntaxNode, low: Lowering): AggregateExpr {
  const operator = low.text(node.getChild("AggregateOp") ?? node).toLowerCase();
  const paramType = AGGREGATIONS[operator];
  if (paramType === undefined) throw unsupported(`aggregation "${operator}"`);
  const modifier = node.getChild("AggregateModifier");
  const body = node.getChild("FunctionCallBody");
  const args = (body === null ? [] : childrenOf(body)).map((arg) => low.expr(arg));
  const wanted = paramType === "none" ? 1 : 2;
  const expr = args.at(-1);
  const param = wanted === 2 ? args[0] : undefined;
  if (args.length !== wanted || expr === undefined) {
    throw low.fail(
      node,
      `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
    );
  }
  if (valueType(expr) !== "instant vector") {
    throw low.fail(node, `expected type instant vector in aggregation expression, got ${valueType(expr)}`);
  }
  if (param !== undefined && valueType(param) !== paramType) {
    throw low.fail(node, `expected type ${paramType} in aggregation parameter, got ${valueType(param)}`);
  }
  const grouping = namesOf(modifier?.getChild("GroupingLabels") ?? null, low);
  const without = modifier?.getChild("Without") != null;
  return { type: "aggregate", operator, expr, grouping, without, ...(param === undefined ? {} : { param }) };
}

/** A node that is neither an operator's nor a modifier's. */
export function lowerOperand(node: SyntaxNode, low: Lowering): Expr {
  switch (node.name) {
    case "NumberDurationLiteral":
      return { type: "number", value: parseNumber(low.text(node).replace(/^[+-]\s*/, "")) };
    case "StringLiteral":
      return { type: "string", value: stringOf(node, low) };
    case "VectorSelector":
      return lowerSelector(node, low);
    case "FunctionCall":
      return lowerCall(node, low);
    case "AggregateExpr":
      return lowerAggregate(node, low);
    case "ParenExpr":
      return low.expr(node.firstChild ?? node);
    default:
      throw unsupported(`"${low.text(node)}"`);
  }
}
