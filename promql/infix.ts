import { type BinaryExpr, type Expr, type VectorMatching, valueType } from "./ast.ts";
import { unsupported } from "./errors.ts";
import { childrenOf, type Lowering, lowerOperand, namesOf, type SyntaxNode } from "./lower.ts";
import { lowerModifier } from "./modifiers.ts";

const COMPARISONS = new Set(["==", "!=", ">", "<", ">=", "<="]);
const SET_OPERATORS = new Set(["and", "or", "unless"]);
const POWER = 6;

/** How tightly an operator binds. */
function strength(operator: string): number {
  if (operator === "or") return 1;
  if (SET_OPERATORS.has(operator)) return 2;
  if (COMPARISONS.has(operator)) return 3;
  if (operator === "+" || operator === "-") return 4;
  return operator === "^" ? POWER : 5;
}

interface Sign {
  readonly kind: "sign";
  readonly negative: boolean;
  readonly node: SyntaxNode;
}

/** What an expression is made of, in the order of its text, parentheses taken as one: signs, operands and operators between them. */
type Token =
  | Sign
  | { readonly kind: "operand"; readonly node: SyntaxNode; readonly modifiers: SyntaxNode[] }
  | { readonly kind: "operator"; readonly node: SyntaxNode; readonly operator: string };

const MODIFIED = new Set(["OffsetExpr", "StepInvariantExpr", "MatrixSelector", "SubqueryExpr"]);

function tokensOf(node: SyntaxNode, low: Lowering): Token[] {
  const children = childrenOf(node);
  const [first, operator] = children;
  const last = children.at(-1);
  const withSign = (operand: Token[]): Token[] => {
    const sign = /^[+-]/.exec(low.text(node))?.[0];
    return sign === undefined ? operand : [{ kind: "sign", negative: sign === "-", node }, ...operand];
  };
  if (node.name === "BinaryExpr" && first && operator && last) {
    const between = { kind: "operator", node, operator: low.text(operator).toLowerCase() } as const;
    return [...tokensOf(first, low), between, ...tokensOf(last, low)];
  }
  if (node.name === "UnaryExpr" && last) return withSign(tokensOf(last, low));
  if (MODIFIED.has(node.name) && first) {
    const tokens = tokensOf(first, low);
    const operand = tokens.at(-1);
    if (operand?.kind === "operand") operand.modifiers.push(node);
    return tokens;
  }
  return withSign([{ kind: "operand", node, modifiers: [] }]);
}

function matchingOf(clause: SyntaxNode | null, set: boolean, low: Lowering): VectorMatching {
  const plain = set ? ("many-to-many" as const) : ("one-to-one" as const);
  if (clause === null) return { cardinality: plain, on: false, labels: [], include: [] };
  const [labels = null, include = null] = clause.getChildren("GroupingLabels");
  const left = clause.getChild("GroupLeft") !== null;
  const right = clause.getChild("GroupRight") !== null;
  if (set && (left || right)) throw low.fail(clause, "no grouping allowed for set operations");
  const cardinality = left ? "many-to-one" : right ? "one-to-many" : plain;
  const on = clause.getChild("On") !== null;
  const matching = { cardinality, on, labels: namesOf(labels, low), include: namesOf(include, low) } as const;
  const twice = matching.include.find((name) => on && matching.labels.includes(name));
  if (twice !== undefined) throw low.fail(clause, `label "${twice}" must not occur in ON and GROUP clause at once`);
  return matching;
}

function binaryOf(node: SyntaxNode, operator: string, left: Expr, right: Expr, low: Lowering): BinaryExpr {
  if (node.getChild("FillModifier") !== null) throw unsupported("fill");
  const set = SET_OPERATORS.has(operator);
  const bool = node.getChild("BoolModifier") !== null;
  const matching = matchingOf(node.getChild("MatchingModifierClause"), set, low);
  const types = [left, right].map(valueType);
  const scalars = types.filter((type) => type === "scalar").length;
  if (types.some((type) => type !== "scalar" && type !== "instant vector")) {
    throw low.fail(node, "binary expression must contain only scalar and instant vector types");
  }
  if (bool && !COMPARISONS.has(operator))
    throw low.fail(node, "bool modifier can only be used on comparison operators");
  if (set && scalars > 0) throw low.fail(node, `set operator "${operator}" not allowed in binary scalar expression`);
  if (COMPARISONS.has(operator) && scalars === 2 && !bool) {
    throw low.fail(node, "comparisons between scalars must use BOOL modifier");
  }
  return { type: "binary", operator, bool, left, right, matching };
}

function signed(expr: Expr, { negative, node }: Sign, low: Lowering): Expr {
  if (valueType(expr) !== "scalar" && valueType(expr) !== "instant vector") {
    throw low.fail(node, "unary expression only allowed on expressions of type scalar or instant vector");
  }
  if (!negative) return expr;
  return expr.type === "number" ? { ...expr, value: -expr.value } : { type: "negate", expr };
}

/**
 * An expression with its operators. The grammar is an editor's: it accepts what Prometheus accepts, and its tree has modifiers
 * around whole sums (`a - a offset 1h`), and signs inside powers. So only the order of its parts is taken from it.
 */
export function lowerInfix(top: SyntaxNode, low: Lowering): Expr {
  const tokens = tokensOf(top, low);
  let next = 0;

  function operand(): Expr {
    const token = tokens[next++];
    if (token === undefined || token.kind === "operator") throw low.fail(token?.node ?? top, "unexpected operator");
    if (token.kind === "operand") {
      const { node, modifiers } = token;
      return modifiers.reduce((expr, modifier) => lowerModifier(expr, modifier, low), lowerOperand(node, low));
    }
    return signed(expression(POWER), token, low);
  }

  function expression(least: number): Expr {
    let left = operand();
    for (;;) {
      const token = tokens[next];
      if (token?.kind !== "operator" || strength(token.operator) < least) return left;
      next += 1;
      const right = expression(strength(token.operator) + (token.operator === "^" ? 0 : 1));
      left = binaryOf(token.node, token.operator, left, right, low);
    }
  }

  return expression(0);
}
