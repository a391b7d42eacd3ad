import type { Matcher } from "../../promql/ast.ts";
import { unquote } from "../../promql/literals.ts";
import { matcher } from "../../promql/matchers.ts";
import { Refused } from "./answers.ts";

const FILTER = /^\s*([a-zA-Z_:][\w:]*|"(?:[^"\\]|\\.)*")\s*(=~|!~|!=|=)\s*(.*?)\s*$/s;
const OPERATORS = { "=": "=", "!=": "!=", "=~": "=~", "!~": "!~" } as const;

const plain = (text: string) => (text.startsWith('"') ? unquote(text) : text);

/** The matchers of the `filter` parameters. */
export function filters(params: URLSearchParams): Matcher[] {
  return params.getAll("filter").map((text) => {
    const [, name = "", operator = "", value = ""] = FILTER.exec(text) ?? [];
    const [label, wanted] = [plain(name), plain(value)];
    if (label === undefined || label === "" || wanted === undefined)
      throw new Refused(400, `bad matcher format: ${text}`);
    try {
      const read = matcher(label, OPERATORS[operator as keyof typeof OPERATORS], wanted);
      // An expression is only read when it is used.
      read.matches("");
      return read;
    } catch (error) {
      throw new Refused(400, error instanceof Error ? error.message : text);
    }
  });
}

/** Whether labels satisfy all matchers; a label that is missing is an empty one. */
export function satisfies(labels: Readonly<Record<string, string>>, matchers: readonly Matcher[]): boolean {
  return matchers.every(({ name, matches }) => matches(labels[name] ?? ""));
}
