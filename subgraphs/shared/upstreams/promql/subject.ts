import { parser } from "@prometheus-io/lezer-promql";
import { dissected } from "./selectors.ts";

const COUNTER = /_(?:total|count|bucket)$/;
const MOST_CHARACTERS = 200;
const CHANGES = new Set(["BinaryExpr", "UnaryExpr", "SubqueryExpr", "MatrixSelector"]);

/** What an expression is about. @param expression one without a syntax problem */
export interface Subject {
  /** The first metric that it selects; where it selects none, its own text. */
  metricName: string;
  /** Whether its values are those of counters, which only grow until they begin anew. */
  counter: boolean;
}

export function subjectOf(expression: string): Subject {
  const names = dissected(expression).selectors.map(
    ({ name, matchers }) =>
      name || (matchers.find(({ label, operator }) => label === "__name__" && operator === "=")?.value ?? ""),
  );
  const metricName = names.find(Boolean) ?? expression.trim().slice(0, MOST_CHARACTERS);
  return {
    metricName,
    counter: names.length > 0 && names.every((name) => COUNTER.test(name)) && keepsValues(expression),
  };
}

/** By their names: an expression that selects counters and does nothing but choose, label or add them answers counters. */
function keepsValues(expression: string): boolean {
  let keeps = true;
  parser.parse(expression).iterate({
    enter: ({ name, from, to }) => {
      const text = expression.slice(from, to).toLowerCase();
      if (CHANGES.has(name)) keeps = false;
      if (name === "FunctionIdentifier" && !/^(label_replace|label_join|sort|sort_desc)$/.test(text)) keeps = false;
      if (name === "AggregateOp" && !/^(sum|min|max|topk|bottomk)$/.test(text)) keeps = false;
      return keeps;
    },
  });
  return keeps;
}
