import { parser } from "@grafana/lezer-logql";
import { CodedError } from "../../kernel/errors.ts";
import { asRegex } from "../../kernel/namespaces.ts";

/** The matcher that a stream of these namespaces meets. @param label what the streams call their namespace. */
export const namespaceMatcher = (label: string, namespaces: readonly string[]): string =>
  `${label}=~${JSON.stringify(asRegex(namespaces))}`;

/**
 * The expression over log streams of these namespaces alone: each of its selectors gets a matcher beside its own.
 * @param label what these streams call their namespace.
 * @throws INVALID_LOGQL
 */
export function withinNamespaces(expression: string, label: string, namespaces: readonly string[]): string {
  const matcher = namespaceMatcher(label, namespaces);
  const parts: string[] = [];
  let done = 0;
  parser.parse(expression).iterate({
    enter: ({ type, name, node, from, to }) => {
      if (type.isError) throw new CodedError("INVALID_LOGQL", `unexpected input at ${from}`);
      if (name !== "Selector") return;
      const matchers: string[] = [];
      node.cursor().iterate((part) => {
        if (part.name === "Matcher") matchers.push(expression.slice(part.from, part.to));
      });
      parts.push(expression.slice(done, from), `{${[...matchers, matcher].join(", ")}}`);
      done = to;
    },
  });
  if (parts.length === 0) throw new CodedError("INVALID_LOGQL", "the expression selects no log streams");
  return parts.join("") + expression.slice(done);
}
