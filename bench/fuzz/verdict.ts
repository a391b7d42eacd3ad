import { ERROR_CODES } from "../../subgraphs/shared/kernel/errors.ts";

const CODES: ReadonlySet<unknown> = new Set([
  ...Object.keys(ERROR_CODES),
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
]);
const STACK = /\n\s+at |\bat (?:async )?[\w.#<>]+ \(|node:internal|node_modules/;
const SOURCE = /(?:gateway|subgraphs|node_modules|dist|prisma)\/[\w./-]+\.[jt]s:\d+/;

export interface Verdict {
  codes: string[];
  /** What no answer may have. */
  problems: string[];
}

/** What an answer tells, and whether it may. @param text as it came, of any status */
export function verdictOf(text: string): Verdict {
  const problems: string[] = [];
  if (SOURCE.test(text)) problems.push("it names a line of our source");
  let answer: { data?: unknown; errors?: { message?: unknown; extensions?: { code?: unknown } }[] };
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    return { codes: [], problems: [...problems, "it is not JSON"] };
  }
  const { data, errors = [] } = answer;
  if (data === undefined && errors.length === 0) problems.push("it has neither data nor errors");
  const codes = errors.map(({ extensions }) => String(extensions?.code));
  for (const code of codes) if (!CODES.has(code)) problems.push(`the code ${code} is none of the catalogue`);
  if (text.includes('"INTERNAL_SERVER_ERROR"')) problems.push("something failed here");
  if (STACK.test(errors.map(({ message }) => String(message)).join("\n"))) problems.push("it holds a stack");
  return { codes, problems };
}
