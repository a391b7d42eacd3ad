import { parser } from "@prometheus-io/lezer-promql";

export interface SyntaxProblem {
  /** Offset into the expression, in characters. */
  position: number;
  message: string;
}

const MAX_LENGTH = 16_384;
/** An editor's grammar lets a string end with the text, since somebody may still be typing. */
const CLOSED = /^(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)$/s;

/** The first syntax problem of a PromQL expression, or null. By Prometheus' own editor grammar: types are left to the server. */
export function promqlProblem(query: string): SyntaxProblem | null {
  if (query.trim() === "") return { position: 0, message: "the expression is empty" };
  if (query.length > MAX_LENGTH) return { position: MAX_LENGTH, message: `longer than ${MAX_LENGTH} characters` };
  let position: number | undefined;
  parser.parse(query).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError || (type.name === "StringLiteral" && !CLOSED.test(query.slice(from, to)))) position ??= from;
      return position === undefined;
    },
  });
  if (position === undefined) return null;
  const near = query.slice(position, position + 20);
  return {
    position,
    message: near ? `unexpected input at ${position}: ${JSON.stringify(near)}` : `ends too early, at ${position}`,
  };
}
