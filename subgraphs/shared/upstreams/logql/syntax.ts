import { parser } from "@grafana/lezer-logql";
import type { SyntaxProblem } from "../promql/syntax.ts";

/** What an expression gives: log lines, or samples made of them. Loki answers each elsewhere, and refuses the other one there. */
export type LogqlKind = "lines" | "samples";

type Tree = ReturnType<typeof parser.parse>;
type SyntaxNode = Tree["topNode"];

/** A query travels in a URL, where a character may take several. */
const MAX_LENGTH = 4096;
const NO_MATCHER =
  'a selector needs a matcher that an empty value does not meet, such as app=~".+" instead of app=~".*"';
const WRONG_KIND: Record<LogqlKind, string> = {
  lines: "this is a metric query, and log lines are asked for here; ask logMetrics instead",
  samples: 'this selects log lines, and a metric query is asked for here, such as sum(rate({app="x"}[5m]))',
};

/** The first problem of a LogQL expression of this kind, or null. By Grafana's own grammar: types are left to the server. */
export const logqlProblem = (query: string, kind: LogqlKind): SyntaxProblem | null =>
  query.trim() === "" ? { position: 0, message: "the expression is empty" } : problemBehind("", query, kind);

/** The same of a pipeline, such as `|= "error" | json`, that is to stand behind a selector. */
export const pipelineProblem = (pipeline: string): SyntaxProblem | null => problemBehind('{a="b"} ', pipeline, "lines");

/** A selector of streams that have all these labels. */
export const selectorOf = (labels: Readonly<Record<string, string>>): string =>
  `{${Object.entries(labels)
    // Go reads strings with every escape that JSON has.
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(",")}}`;

function problemBehind(before: string, text: string, kind: LogqlKind): SyntaxProblem | null {
  const query = `${before}${text}`;
  if (query.length > MAX_LENGTH) return { position: MAX_LENGTH, message: `longer than ${MAX_LENGTH} characters` };
  const tree = parser.parse(query);
  const wrong = first(tree, ({ type, node }) => type.isError || isOperand(node));
  if (wrong !== null) {
    const position = Math.max(0, wrong - before.length);
    const near = JSON.stringify(text.slice(position, position + 20));
    return {
      position,
      message: near === '""' ? `ends too early, at ${position}` : `unexpected input at ${position}: ${near}`,
    };
  }
  if (kindOf(tree) !== kind) return { position: 0, message: WRONG_KIND[kind] };
  const vague = first(tree, ({ node }) => node.name === "Selector" && !isSelective(node, query));
  return vague === null ? null : { position: vague, message: NO_MATCHER };
}

/** Log lines beside an operator: the grammar has it, and Loki refuses it. */
const isOperand = (node: SyntaxNode): boolean => node.name === "LogExpr" && node.parent?.parent?.name === "BinOpExpr";

const kindOf = (tree: Tree): LogqlKind => (tree.topNode.getChild("Expr")?.getChild("LogExpr") ? "lines" : "samples");

function first(tree: Tree, wrong: (ref: { type: SyntaxNode["type"]; node: SyntaxNode }) => boolean): number | null {
  let position: number | null = null;
  tree.iterate({
    enter: (ref) => {
      if (wrong(ref)) position ??= ref.from;
      return position === null;
    },
  });
  return position;
}

function isSelective(selector: SyntaxNode, query: string): boolean {
  let found = false;
  selector.cursor().iterate(({ node }) => {
    found ||= node.name === "Matcher" && needsLabel(node, query);
  });
  return found;
}

/** Whether a matcher leaves out a stream without its label. */
function needsLabel(matcher: SyntaxNode, query: string): boolean {
  const operator = matcher.getChild("Identifier")?.nextSibling;
  const string = matcher.getChild("String");
  const value = string ? unquoted(query.slice(string.from, string.to)) : "";
  if (operator?.name === "Eq") return value !== "";
  if (operator?.name === "Neq") return value === "";
  return operator?.name === "Re" ? matchesEmpty(value) !== true : matchesEmpty(value) !== false;
}

function unquoted(text: string): string {
  const inner = text.slice(1, -1);
  return text.startsWith("`") ? inner : inner.replaceAll(/\\(.)/gs, "$1");
}

/**
 * Whether an expression, anchored as Loki's are, matches the empty text; null where that cannot be told by looking. It is never run:
 * one can be made that takes for ever.
 */
function matchesEmpty(pattern: string): boolean | null {
  const plain = pattern.replace(/^\(\?[a-zA-Z]+\)/, "");
  if (/[()[\\]/.test(plain)) return null;
  const alternatives = plain.split("|");
  if (alternatives.some((each) => /^\^?(?:.[*?]\??)*\$?$/s.test(each))) return true;
  return alternatives.every((each) => /^\^?[^^$*+?{](?![*?{])/s.test(each)) ? false : null;
}
