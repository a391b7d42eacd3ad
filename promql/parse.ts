import { parser } from "@prometheus-io/lezer-promql";
import type { Expr, SelectorExpr } from "./ast.ts";
import { badData, unsupported } from "./errors.ts";
import { lowerInfix } from "./infix.ts";
import { parseDuration, parseNumber } from "./literals.ts";
import type { Lowering, SyntaxNode } from "./lower.ts";

/** `line:column` of an offset, both from 1, as in Prometheus' messages. */
export function position(query: string, offset: number): string {
  const before = query.slice(0, offset).split("\n");
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

function firstError(query: string, top: SyntaxNode): number | undefined {
  let found: number | undefined;
  top.cursor().iterate((node) => {
    if (node.type.isError) found ??= Math.min(node.from, query.length);
    return found === undefined;
  });
  return found;
}

/**
 * Parses and type-checks an expression. Throws a QueryError: `bad_data` for what Prometheus would refuse, `execution` for
 * what it would answer and this library does not know.
 */
export function parsePromql(query: string): Expr {
  if (query.trim() === "") throw badData("unknown position: parse error: no expression found in input");
  const fail = (node: { from: number }, message: string) =>
    badData(`${position(query, node.from)}: parse error: ${message}`);
  const top = parser.parse(query).topNode;
  const error = firstError(query, top);
  if (error !== undefined) {
    const unknown = /([a-zA-Z_]\w*)\s*$/.exec(query.slice(0, error));
    if (query[error] === "(" && unknown !== null) {
      throw fail({ from: unknown.index }, `unknown function with name "${unknown[1]}"`);
    }
    throw fail({ from: error }, error >= query.length ? "unexpected end of input" : `unexpected "${query[error]}"`);
  }
  const child = top.firstChild;
  if (child === null) throw badData("unknown position: parse error: no expression found in input");
  const lowering: Lowering = {
    expr: (node) => lowerInfix(node, lowering),
    text: (node) => query.slice(node.from, node.to),
    fail,
    duration(node) {
      const inner = node.getChild("NumberDurationLiteralInDurationContext");
      if (inner === null) {
        const signed = node.getChild("OffsetDurationExpr");
        if (node.getChild("UnaryOp") === null || signed === null) throw unsupported("duration arithmetic");
        return (query[node.from] === "-" ? -1 : 1) * lowering.duration(signed);
      }
      const text = query.slice(inner.from, inner.to);
      return parseDuration(text) ?? Math.round(parseNumber(text) * 1000);
    },
  };
  return lowering.expr(child);
}

/** Parses a bare selector such as `up{job="x"}`, as match[] takes them. */
export function parseSelector(text: string): SelectorExpr {
  const expr = parsePromql(text);
  if (expr.type !== "selector" || expr.offset !== 0) throw badData(`1:1: parse error: expected a series selector`);
  return expr;
}
