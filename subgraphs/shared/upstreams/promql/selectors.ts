import { parser } from "@prometheus-io/lezer-promql";
import type { MatchOperator } from "../../../../promql/ast.ts";
import { unquote } from "../../../../promql/literals.ts";

/** A matcher of a selector, and how the expression writes it. */
export interface WrittenMatcher {
  label: string;
  operator: MatchOperator;
  value: string;
  text: string;
}

/** A selector of series, as an expression writes it. */
export interface WrittenSelector {
  /** A metric name before the braces, or none. */
  name: string;
  matchers: readonly WrittenMatcher[];
}

type Node = ReturnType<typeof parser.parse>["topNode"];

/** An expression taken apart by its syntax tree: its selectors, and how it reads with others in their places. */
export interface Dissected {
  selectors: readonly WrittenSelector[];
  /** @param rewrite gives the matchers of a selector as they are to be written, or null to leave it as it is. */
  rewritten: (rewrite: (selector: WrittenSelector, index: number) => readonly string[] | null) => string;
}

/** @param expression one that `promqlProblem` has found nothing wrong with. */
export function dissected(expression: string): Dissected {
  const places: { from: number; to: number; selector: WrittenSelector }[] = [];
  parser.parse(expression).iterate({
    enter: ({ name, node }) => {
      if (name === "VectorSelector") places.push({ from: node.from, to: node.to, selector: written(expression, node) });
    },
  });
  return {
    selectors: places.map(({ selector }) => selector),
    rewritten: (rewrite) => {
      let done = 0;
      const texts = places.map(({ from, to, selector }, index) => {
        const before = expression.slice(done, from);
        done = to;
        const matchers = rewrite(selector, index);
        if (!matchers) return before + expression.slice(from, to);
        // A name can stand alone, and so cannot nothing.
        const braces = matchers.length > 0 || !selector.name ? `{${matchers.join(",")}}` : "";
        return before + selector.name + braces;
      });
      return texts.join("") + expression.slice(done);
    },
  };
}

/** Whether an expression is one selector and nothing more, and says of a label that it must be there: as a list of series is asked for. */
export function isSelector(expression: string): boolean {
  const top = parser.parse(expression).topNode.firstChild;
  if (top?.name !== "VectorSelector" || top.nextSibling) return false;
  return selects(written(expression, top));
}

/** Prometheus refuses a selector that says of no label that it must be there; of regular expressions it is not asked here. */
export const selects = ({ name, matchers }: WrittenSelector): boolean =>
  name !== "" || matchers.some(({ operator, value }) => operator === (value === "" ? "!=" : "="));

function written(expression: string, selector: Node): WrittenSelector {
  const text = (node: Node): string => expression.slice(node.from, node.to);
  const name = selector.getChild("Identifier");
  const matchers: WrittenMatcher[] = [];
  for (let child = selector.getChild("LabelMatchers")?.firstChild ?? null; child; child = child.nextSibling) {
    const [label, operator, value] = [child.firstChild, child.getChild("MatchOp"), child.lastChild];
    if (child.name === "LineComment" || !label || !value) continue;
    matchers.push(
      operator
        ? {
            label: label.name === "LabelName" ? text(label) : unquoted(text(label)),
            operator: text(operator) as MatchOperator,
            value: unquoted(text(value)),
            text: text(child),
          }
        : { label: "__name__", operator: "=", value: unquoted(text(label)), text: text(child) },
    );
  }
  return { name: name ? text(name) : "", matchers };
}

const unquoted = (literal: string): string => unquote(literal) ?? literal;
