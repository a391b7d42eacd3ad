import { type Expr, type Modifiers, valueType } from "./ast.ts";
import { parseNumber } from "./literals.ts";
import type { Lowering, SyntaxNode } from "./lower.ts";
import { childrenOf } from "./lower.ts";

function modified(expr: Expr, change: Partial<Modifiers>, name: string, fail: (message: string) => Error): Expr {
  const modifiers = expr.type === "matrix" ? expr.selector : expr;
  if (modifiers.type !== "selector" && modifiers.type !== "subquery") {
    throw fail(
      `${name} modifier must be preceded by an instant vector selector or range vector selector or a subquery`,
    );
  }
  if (change.at === undefined ? modifiers.offset !== 0 : modifiers.at !== undefined) {
    throw fail(`${name} may not be set multiple times`);
  }
  return expr.type === "matrix" ? { ...expr, selector: { ...expr.selector, ...change } } : { ...modifiers, ...change };
}

function momentOf(node: SyntaxNode, low: Lowering): number | "start" | "end" {
  const text = low.text(node);
  if (node.name === "AtModifierPreprocessors") return text.toLowerCase().startsWith("start") ? "start" : "end";
  const at = Math.round(parseNumber(text) * 1000);
  if (!Number.isSafeInteger(at)) throw low.fail(node, `timestamp out of bounds for @ modifier: ${text}`);
  return at;
}

/** What stands behind an operand, `node` ("offset", "@", a range or a subquery's), put on it. */
export function lowerModifier(expr: Expr, node: SyntaxNode, low: Lowering): Expr {
  const [, first, second] = childrenOf(node);
  const fail = (message: string) => low.fail(node, message);
  const last = second ?? first;
  if (first === undefined || last === undefined) throw fail("incomplete");
  if (node.name === "OffsetExpr") return modified(expr, { offset: low.duration(last) }, "offset", fail);
  if (node.name === "StepInvariantExpr") return modified(expr, { at: momentOf(last, low) }, "@", fail);
  const range = low.duration(first);
  if (range <= 0) throw low.fail(first, "duration must be greater than 0");
  if (node.name === "MatrixSelector") {
    if (expr.type !== "selector") throw fail("ranges only allowed for vector selectors");
    if (expr.offset !== 0 || expr.at !== undefined) throw fail("no modifiers allowed before range");
    return { type: "matrix", selector: expr, range };
  }
  if (valueType(expr) !== "instant vector") {
    throw fail(`subquery is only allowed on instant vector, got ${valueType(expr)} instead`);
  }
  const step = second === undefined ? {} : { step: low.duration(second) };
  return { type: "subquery", expr, range, offset: 0, ...step };
}
