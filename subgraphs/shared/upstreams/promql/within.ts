import { parser } from "@prometheus-io/lezer-promql";
import { CodedError } from "../../kernel/errors.ts";
import { asRegex } from "../../kernel/namespaces.ts";
import { dissected } from "./selectors.ts";
import { promqlProblem } from "./syntax.ts";

/** The matcher that a series of these namespaces meets, and no other does: one without a namespace neither. */
export const namespaceMatcher = (namespaces: readonly string[]): string =>
  `namespace=~${JSON.stringify(asRegex(namespaces))}`;

/**
 * The expression over series of these namespaces alone: each of its selectors gets the matcher beside what it says itself. What it
 * makes of the labels later changes nothing of what is read.
 * @throws INVALID_PROMQL, FORBIDDEN for a function that reads series which no selector names.
 */
export function withinNamespaces(expression: string, namespaces: readonly string[]): string {
  const problem = promqlProblem(expression);
  if (problem) throw new CodedError("INVALID_PROMQL", problem.message);
  if (readsUnnamed(expression)) {
    throw new CodedError("FORBIDDEN", "info() reads series of all namespaces: it needs a scope without namespaces.");
  }
  const matcher = namespaceMatcher(namespaces);
  return dissected(expression).rewritten(({ matchers }) => [...matchers.map(({ text }) => text), matcher]);
}

function readsUnnamed(expression: string): boolean {
  let found = false;
  parser.parse(expression).iterate({
    enter: ({ name, from, to }) => {
      found ||= name === "FunctionIdentifier" && expression.slice(from, to).toLowerCase() === "info";
    },
  });
  return found;
}
