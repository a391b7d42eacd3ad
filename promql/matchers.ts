import type { Matcher, MatchOperator } from "./ast.ts";
import { badData } from "./errors.ts";
import { type Pattern, pattern } from "./pattern.ts";

/** A label matcher. Its pattern is read when it is first asked, which throws a QueryError for one that cannot be read. */
export function matcher(name: string, operator: MatchOperator, value: string): Matcher {
  let test: Pattern | undefined;
  const known = new Map<string, boolean>();
  const found = (text: string): boolean => {
    test ??= read(value);
    const answer = known.get(text) ?? test(text);
    known.set(text, answer);
    return answer;
  };
  const matches = {
    "=": (text: string) => text === value,
    "!=": (text: string) => text !== value,
    "=~": found,
    "!~": (text: string) => !found(text),
  }[operator];
  return { name, operator, value, matches };
}

function read(value: string): Pattern {
  try {
    return pattern(value);
  } catch {
    throw badData(`error parsing regexp: ${value}`);
  }
}

/** A pattern with groups as Prometheus reads it (RE2, anchored at both ends, dot matches newlines). */
export function anchored(pattern: string): RegExp {
  // RE2 takes flags for the whole pattern at its head, JavaScript only around a group.
  const flags = /^\(\?([imsU]+)\)/.exec(pattern);
  const body = flags === null ? pattern : pattern.slice(flags[0].length);
  const extra = flags?.[1]?.includes("i") === true ? "i" : "";
  try {
    return new RegExp(`^(?:${body.replaceAll("(?P<", "(?<")})$`, `s${extra}`);
  } catch {
    throw badData(`error parsing regexp: ${pattern}`);
  }
}

const HARMLESS =
  /^(?:[^\\[(){]|\\[dwsDWS]|\\[^\w\s]|\(\?:|\((?!\?)|\)(?![*+?{])|\[\^?(?:[^\\[\]]|\\[dwsDWS]|\\[^\w\s])+\])*$/;
/** Of parts of any length, and of choices: what they cost multiplies. */
const [MOST_STARS, MOST_CHOICES] = [3, 6];

/**
 * Whether a pattern with groups means the same to RE2 and to JavaScript, and is tried in little time whatever the text: not where it
 * repeats groups, or has many parts of any length or choices.
 */
export const isHarmlessPattern = (pattern: string): boolean =>
  HARMLESS.test(pattern.replace(/^\(\?i\)/, "")) &&
  (pattern.match(/[*+]/g) ?? []).length <= MOST_STARS &&
  (pattern.match(/[?|]/g) ?? []).length <= MOST_CHOICES;
