import { parser } from "@grafana/lezer-traceql";
import { CodedError } from "../../kernel/errors.ts";
import { like } from "./expression.ts";
import { forGrammar, OF_TRACE, traceqlProblem } from "./syntax.ts";

export const NAMESPACE_ATTRIBUTE = "k8s.namespace.name";

/**
 * The query over spans of these namespaces alone: each of its filters gets the condition beside its own.
 * @throws INVALID_TRACEQL, FORBIDDEN for a condition on more spans of a trace than the one that is looked at.
 */
export function withinNamespaces(query: string, namespaces: readonly string[]): string {
  const problem = traceqlProblem(query);
  if (problem) throw new CodedError("INVALID_TRACEQL", problem.message);
  const attribute = `resource.${NAMESPACE_ATTRIBUTE}`;
  const condition = `(${namespaces.map((namespace) => like(attribute, namespace)).join(" || ")})`;
  const parts: string[] = [];
  let done = 0;
  parser.parse(forGrammar(query).body).iterate({
    enter: ({ name, node, from, to }) => {
      const field = name === "IntrinsicField" || name === "AttributeField";
      const ofTrace = field ? OF_TRACE.exec(query.slice(from))?.[0] : undefined;
      if (ofTrace) {
        throw new CodedError(
          "FORBIDDEN",
          `A condition on whole traces (${ofTrace}…) is of all namespaces: ask of single spans, such as span:duration.`,
        );
      }
      if (name !== "SpansetFilter") return;
      // A comment may end the line.
      const own = node.firstChild ? ` && (${query.slice(from + 1, to - 1).trim()}\n)` : "";
      parts.push(query.slice(done, from), `{ ${condition}${own} }`);
      done = to;
    },
  });
  return parts.join("") + query.slice(done);
}
