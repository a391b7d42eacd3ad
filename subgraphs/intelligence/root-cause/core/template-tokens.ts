export const WILDCARD = "<*>";

const MOST_CHARACTERS = 2_000;
const MOST_TOKENS = 60;
const CLOCK =
  /^[[(]?(?:\d{4}[-/]\d{2}[-/]\d{2}[T_]?)?(?:\d{2}:\d{2}(?::\d{2})?(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?[\])]?,?$/;
const LEVEL = /^\[?(?:trace|debug|info|notice|warn|warning|error|err|fatal|critical|panic|severe)[\]:]?$/i;
const REQUEST_ID = /^\[?(?:trace|span|request|correlation)[-_]?id[:=]?(.*)$/i;
const IDENTIFIER =
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b0x[0-9a-f]+\b|\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b/gi;
const NUMBER = /\d+(?:[.,:]\d+)*/g;

/**
 * The words of a line's first row, with what differs from line to line as a wildcard: times, ids, and the numbers within a word. Ids of
 * requests are left out with their names, since they say nothing of what happened.
 */
export function tokensOf(message: string): string[] {
  const row = /[^\r\n]*/.exec(message.slice(0, MOST_CHARACTERS).trimStart())?.[0] ?? "";
  const tokens: string[] = [];
  let skipNext = false;
  for (const word of row.split(/\s+/)) {
    if (word === "") continue;
    if (skipNext) {
      skipNext = false;
      continue;
    }
    const id = REQUEST_ID.exec(word);
    if (id) {
      skipNext = id[1] === "";
      continue;
    }
    // What every line begins with tells none apart.
    if (tokens.length === 0 && (CLOCK.test(word) || LEVEL.test(word))) continue;
    tokens.push(masked(word));
    if (tokens.length === MOST_TOKENS) break;
  }
  return tokens;
}

const HAS_DIGIT = /\d/;

function masked(word: string): string {
  if (!HAS_DIGIT.test(word)) return word;
  return word.replace(IDENTIFIER, WILDCARD).replace(NUMBER, WILDCARD);
}
