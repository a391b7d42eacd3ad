import { pattern } from "../../../../promql/pattern.ts";
import { CodedError } from "../../kernel/errors.ts";

/** Which alerts, by one label: https://prometheus.io/docs/alerting/latest/configuration/#matcher */
export interface Matcher {
  name: string;
  value: string;
  /** Whether the value is a regular expression that the label matches as a whole. */
  isRegex: boolean;
  /** Whether the label has to match, or must not. */
  isEqual: boolean;
}

const OPERATORS: Readonly<Record<string, Pick<Matcher, "isRegex" | "isEqual">>> = {
  "=": { isRegex: false, isEqual: true },
  "!=": { isRegex: false, isEqual: false },
  "=~": { isRegex: true, isEqual: true },
  "!~": { isRegex: true, isEqual: false },
};
/** A quoted text, or a name without signs that mean something here: any other character may be in a name (UTF-8). */
const MATCHER = /^\s*("(?:[^"\\]|\\.)*"|[^\s{}!=~,\\"'`]+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^"]*?)\s*$/s;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", '"': '"', "\\": "\\" };
const MAX_TEXT = 1024;
/** What a regular expression may repeat, and how long it may be, so that a database matches it in no time. */
const MAX_REGEX = 256;

/** @throws INVALID_MATCHER saying what is wrong. */
export function parseMatcher(text: string): Matcher {
  const problem = matcherProblem(text);
  if (problem) throw new CodedError("INVALID_MATCHER", `${JSON.stringify(text)}: ${problem}.`);
  return read(text) as Matcher;
}

/** What is wrong with a matcher, or undefined. */
export function matcherProblem(text: string): string | undefined {
  if (text.length > MAX_TEXT) return `longer than ${MAX_TEXT} characters`;
  const matcher = read(text);
  if (!matcher?.name) return 'not of the form name="value", with =, !=, =~ or !~';
  if (!matcher.isRegex) return undefined;
  if (matcher.value.length > MAX_REGEX) return `a regular expression longer than ${MAX_REGEX} characters`;
  try {
    pattern(matcher.value);
    return undefined;
  } catch (error) {
    return `not a regular expression that is supported: ${(error as Error).message}`;
  }
}

/** Whether it also selects what lacks the label: as Alertmanager has it, that is a label with an empty value. */
export const matchesEmpty = ({ value, isRegex, isEqual }: Matcher): boolean =>
  (isRegex ? pattern(value)("") : value === "") === isEqual;

/** The matcher as `parseMatcher` reads it. */
export function matcherText({ name, value, isRegex, isEqual }: Matcher): string {
  const operator = isRegex ? (isEqual ? "=~" : "!~") : isEqual ? "=" : "!=";
  return `${/^[a-zA-Z_:][\w:]*$/.test(name) ? name : quoted(name)}${operator}${quoted(value)}`;
}

function read(text: string): Matcher | undefined {
  const [, name = "", operator = "", value = ""] = MATCHER.exec(text) ?? [];
  const meaning = OPERATORS[operator];
  return meaning && { name: unquoted(name), value: unquoted(value), ...meaning };
}

/** As Alertmanager does, a backslash before anything else stays: regular expressions are full of them. */
const unquoted = (text: string): string =>
  text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/gs, (all, sign: string) => ESCAPES[sign] ?? all) : text;

const quoted = (text: string): string =>
  `"${text.replace(/[\\"\n]/g, (sign) => (sign === "\n" ? "\\n" : `\\${sign}`))}"`;
