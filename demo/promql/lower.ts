import type { parser } from "@prometheus-io/lezer-promql";
import {
  type AggregateExpr,
  type BinaryExpr,
  type Expr,
  type MatchOperator,
  type VectorMatching,
  valueType,
} from "./ast.ts";
import { notSimulated, type QueryError } from "./errors.ts";
import { parseNumber, unquote } from "./literals.ts";
import { matcher } from "./matchers.ts";
import { AGGREGATIONS, SIGNATURES } from "./signatures.ts";

/** A node of the grammar's tree; its package is a dependency of the grammar, not ours. */
export type SyntaxNode = ReturnType<typeof parser.parse>["topNode"];

/** What turning the syntax tree into expressions needs from the query's text. */
export interface Lowering {
  readonly text: (node: SyntaxNode) => string;
  readonly duration: (node: SyntaxNode) => number;
  readonly fail: (node: { from: number }, message: string) => QueryError;
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
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

function namesOf(node: SyntaxNode | null, low: Lowering): string[] {
  if (node === null) return [];
  return childrenOf(node).map((name) => (name.name === "LabelName" ? low.text(name) : stringOf(name, low)));
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
  if (!matchers.some((entry) => !entry.matches(""))) {
    throw low.fail(node, "vector selector must contain at least one non-empty matcher");
  }
  return { type: "selector", matchers, offset: 0, from: node.from };
}

function lowerOffset(node: SyntaxNode, low: Lowering): Expr {
  const [inner, , amount] = childrenOf(node);
  if (inner === undefined || amount === undefined) throw low.fail(node, "unexpected offset");
  const expr = lowerExpr(inner, low);
  const offset = low.duration(amount);
  if (expr.type === "selector" || expr.type === "subquery") return { ...expr, offset };
  if (expr.type === "matrix") return { ...expr, selector: { ...expr.selector, offset } };
  throw low.fail(
    node,
    "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
  );
}

function lowerRange(node: SyntaxNode, low: Lowering): Expr {
  const [inner, range, step] = childrenOf(node);
  if (inner === undefined || range === undefined) throw low.fail(node, "missing range");
  const expr = lowerExpr(inner, low);
  const length = low.duration(range);
  if (length <= 0) throw low.fail(range, "duration must be greater than 0");
  if (node.name === "MatrixSelector") {
    if (expr.type !== "selector") throw low.fail(node, "ranges only allowed for vector selectors");
    return { type: "matrix", selector: expr, range: length };
  }
  if (valueType(expr) !== "instant vector") {
    throw low.fail(node, `subquery is only allowed on instant vector, got ${valueType(expr)} instead`);
  }
  return {
    type: "subquery",
    expr,
    range: length,
    offset: 0,
    ...(step === undefined ? {} : { step: low.duration(step) }),
  };
}

function lowerCall(node: SyntaxNode, low: Lowering): Expr {
  const name = low.text(node.getChild("FunctionIdentifier") ?? node);
  const body = node.getChild("FunctionCallBody");
  const nodes = body === null ? [] : childrenOf(body);
  const signature = SIGNATURES[name];
  if (signature === undefined) throw notSimulated(`function "${name}"`);
  const [required, all] = [signature.filter((type) => !type.endsWith("?")).length, signature.length];
  if (nodes.length < required || nodes.length > all) {
    throw low.fail(node, `expected ${required} argument(s) in call to "${name}", got ${nodes.length}`);
  }
  const args = nodes.map((arg, index) => {
    const expr = lowerExpr(arg, low);
    const expected = signature[index]?.replace("?", "");
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
  if (paramType === undefined) throw notSimulated(`aggregation "${operator}"`);
  const modifier = node.getChild("AggregateModifier");
  const body = node.getChild("FunctionCallBody");
  const args = (body === null ? [] : childrenOf(body)).map((arg) => lowerExpr(arg, low));
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

const SET_OPERATORS = new Set(["and", "or", "unless"]);
const COMPARISONS = new Set(["==", "!=", ">", "<", ">=", "<="]);

function lowerMatching(clause: SyntaxNode | null, set: boolean, low: Lowering): VectorMatching {
  const plain = set ? ("many-to-many" as const) : ("one-to-one" as const);
  if (clause === null) return { cardinality: plain, on: false, labels: [], include: [] };
  const [labels = null, include = null] = clause.getChildren("GroupingLabels");
  const left = clause.getChild("GroupLeft") !== null;
  const right = clause.getChild("GroupRight") !== null;
  if (set && (left || right)) throw low.fail(clause, "no grouping allowed for set operations");
  const cardinality = left ? "many-to-one" : right ? "one-to-many" : plain;
  return {
    cardinality,
    on: clause.getChild("On") !== null,
    labels: namesOf(labels, low),
    include: namesOf(include, low),
  };
}

function lowerBinary(node: SyntaxNode, low: Lowering): Expr {
  const children = childrenOf(node);
  const [leftNode, operatorNode] = children;
  const rightNode = children.at(-1);
  if (leftNode === undefined || operatorNode === undefined || rightNode === undefined)
    throw low.fail(node, "incomplete");
  if (node.getChild("FillModifier") !== null) throw notSimulated("fill");
  const operator = low.text(operatorNode).toLowerCase();
  const set = SET_OPERATORS.has(operator);
  const bool = node.getChild("BoolModifier") !== null;
  const signed = operator === "^" && leftNode.name === "NumberDurationLiteral" && low.text(leftNode).startsWith("-");
  const [left, right] = [lowerExpr(leftNode, low), lowerExpr(rightNode, low)];
  const matching = lowerMatching(node.getChild("MatchingModifierClause"), set, low);
  const scalars = [left, right].filter((side) => valueType(side) === "scalar").length;
  for (const side of [left, right]) {
    if (valueType(side) !== "scalar" && valueType(side) !== "instant vector") {
      throw low.fail(node, "binary expression must contain only scalar and instant vector types");
    }
  }
  if (bool && !COMPARISONS.has(operator))
    throw low.fail(node, "bool modifier can only be used on comparison operators");
  if (set && scalars > 0) throw low.fail(node, `set operator "${operator}" not allowed in binary scalar expression`);
  if (COMPARISONS.has(operator) && scalars === 2 && !bool) {
    throw low.fail(node, "comparisons between scalars must use BOOL modifier");
  }
  const expr: BinaryExpr = { type: "binary", operator, bool, left, right, matching };
  // The grammar reads "-2 ^ 2" as (-2)^2; in PromQL the power binds tighter than the sign.
  if (!signed || left.type !== "number") return expr;
  return { type: "negate", expr: { ...expr, left: { type: "number", value: -left.value } } };
}

/** One node of the grammar's tree as an expression, types checked. */
export function lowerExpr(node: SyntaxNode, low: Lowering): Expr {
  switch (node.name) {
    case "NumberDurationLiteral":
      return { type: "number", value: parseNumber(low.text(node)) };
    case "StringLiteral":
      return { type: "string", value: stringOf(node, low) };
    case "VectorSelector":
      return lowerSelector(node, low);
    case "OffsetExpr":
      return lowerOffset(node, low);
    case "MatrixSelector":
    case "SubqueryExpr":
      return lowerRange(node, low);
    case "FunctionCall":
      return lowerCall(node, low);
    case "AggregateExpr":
      return lowerAggregate(node, low);
    case "BinaryExpr":
      return lowerBinary(node, low);
    case "ParenExpr":
      return lowerExpr(node.firstChild ?? node, low);
    case "UnaryExpr": {
      const expr = lowerExpr(node.lastChild ?? node, low);
      if (valueType(expr) !== "scalar" && valueType(expr) !== "instant vector") {
        throw low.fail(node, `unary expression only allowed on expressions of type scalar or instant vector`);
      }
      return low.text(node).startsWith("-") ? { type: "negate", expr } : expr;
    }
    case "StepInvariantExpr":
      throw notSimulated("the @ modifier");
    default:
      throw notSimulated(`"${low.text(node)}"`);
  }
}
