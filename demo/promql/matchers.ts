import type { Matcher, MatchOperator } from "./ast.ts";
import { badData } from "./errors.ts";

/** A pattern as Prometheus reads it (RE2, anchored at both ends, dot matches newlines). */
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

/** A label matcher with its test compiled. */
export function matcher(name: string, operator: MatchOperator, value: string): Matcher {
  const pattern = operator === "=~" || operator === "!~" ? anchored(value) : undefined;
  const matches = {
    "=": (text: string) => text === value,
    "!=": (text: string) => text !== value,
    "=~": (text: string) => pattern?.test(text) === true,
    "!~": (text: string) => pattern?.test(text) !== true,
  }[operator];
  return { name, operator, value, matches };
}
