import { CodedError } from "../../shared/kernel/errors.ts";

/** As many times PostgreSQL repeats at most. */
const MAX_REPEATS = 255;

/**
 * A regular expression that `parseMatcher` accepts, as PostgreSQL reads it: anchored, its groups unnamed. Both engines read every
 * character of a text once, so that neither can be kept busy; they differ in what they refuse.
 * @throws INVALID_MATCHER for what PostgreSQL has no words for.
 */
export function sqlRegex(source: string): string {
  const [, flag = "", rest = ""] = /^(\(\?i\))?(.*)$/s.exec(source) ?? [];
  return `${flag}^(?:${translated(rest)})$`;
}

const TOKEN = new RegExp(
  [
    String.raw`(?<escape>\\.)`,
    String.raw`(?<group>\((?:\?(?::|P?<\w+>))?)`,
    String.raw`(?<set>\[\^?\]?(?:\\.|[^\]\\])*\])`,
    String.raw`(?<repeat>(?:[*+?]|\{\d+(?:,\d*)?\})\??)`,
    "(?<sign>.)",
  ].join("|"),
  "gsu",
);

function translated(source: string): string {
  let out = "";
  /** Whether something that can be repeated came before. */
  let repeatable = false;
  for (const { groups = {}, 0: text } of source.matchAll(TOKEN)) {
    if (groups["repeat"]) {
      const counts = text.match(/\d+/g)?.map(Number) ?? [];
      if (!repeatable || counts.some((count) => count > MAX_REPEATS)) throw unsupported(text);
      repeatable = false;
      out += text;
      continue;
    }
    repeatable = !groups["group"] && !["^", "$", "|"].includes(text);
    if (groups["group"]) out += "(?:";
    else if (groups["set"]) out += set(text);
    else out += text === "{" ? "\\{" : text;
  }
  return out;
}

/** In a set, PostgreSQL takes a bracket for the begin of a class, and knows no class of what is not. */
function set(text: string): string {
  if (/\\[DSW]/.test(text)) throw unsupported(text);
  const [, begin = "", inner = ""] = /^(\[\^?)(.*)\]$/s.exec(text) ?? [];
  return `${begin}${inner.replace(/\\.|\[/gs, (sign) => (sign === "[" ? "\\[" : sign))}]`;
}

const unsupported = (part: string): CodedError =>
  new CodedError("INVALID_MATCHER", `${JSON.stringify(part)} is not supported in this place of a regular expression.`);
