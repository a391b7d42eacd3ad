const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const UNIT = "(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)";
const LONG_UNIT = "(seconds?|minutes?|mins?|hours?|hrs?|days?|weeks?)";
const WORD = "(an?|one|two|three|four|six|twelve|half an?|(?:a )?couple(?: of)?|(?:a )?few)";
const WORDS: Readonly<Record<string, number>> = { two: 2, three: 3, four: 4, six: 6, twelve: 12 };
const NUMBER = "(\\d+(?:\\.\\d+)?)";
const BACK = "\\b(?:(?:in|over|for|during|within|from) )?(?:the )?(?:last|past|previous)";
const PATTERNS = [
  new RegExp(`${BACK} ${NUMBER} ?${UNIT}\\b`),
  new RegExp(`${BACK} ${WORD} ${LONG_UNIT}\\b`),
  new RegExp(`${BACK}() ${LONG_UNIT}\\b`),
  new RegExp(`\\b(?:for|in|over|within) ${NUMBER} ?${UNIT}(?: ago)?(?![\\w-])`),
  // Not "500s", which are answers of a server.
  new RegExp(`(?<![\\w.-])${NUMBER} ?(?!s\\b)${UNIT}(?: ago)?(?![\\w-])`),
  new RegExp(`\\b(?:for |in |over |within )?${WORD} ${LONG_UNIT}(?: ago)?\\b`),
];
const CLOCK = /\b(since|until|till|from|after) (\d{1,2})(?:[:.h](\d{2}))? ?(am|pm)?(?: ?(?:utc|z))?\b/;
const DAY = /\b(?:since )?(yesterday|today|this morning|last night|midnight|overnight)\b/;

const DAY_SECONDS = 86_400;
const LONGEST = 7 * DAY_SECONDS;

/** How far back a question looks, or how long something is to last: as the graph's durations are written. */
export interface SaidTime {
  range: string;
  /** The question without it. */
  rest: string;
}

/** Clock times are UTC, as everything else here. */
export function saidTime(text: string, now: Date): SaidTime | null {
  for (const read of [amount, clock, day]) {
    const found = read(text, now);
    if (found && found.seconds > 0) {
      return { range: duration(found.seconds), rest: text.replace(found.said, " ").replace(/\s+/g, " ") };
    }
  }
  return null;
}

interface Said {
  said: string;
  seconds: number;
}

function amount(text: string): Said | null {
  for (const pattern of PATTERNS) {
    const [said, count = "", unit = ""] = pattern.exec(text) ?? [];
    if (said !== undefined) return { said, seconds: numberOf(count) * unitOf(unit) };
  }
  return null;
}

function clock(text: string, now: Date): Said | null {
  const [said, word = "", hours = "", minutes, half] = CLOCK.exec(text) ?? [];
  // "after 3" counts something.
  if (said === undefined || (minutes === undefined && half === undefined)) return null;
  const hour = (Number(hours) % (half ? 12 : 24)) + (half === "pm" ? 12 : 0);
  const at = hour * 3600 + Number(minutes ?? 0) * 60;
  const ahead = (at - secondOfDay(now) + DAY_SECONDS) % DAY_SECONDS;
  return { said, seconds: word === "until" || word === "till" ? ahead : (DAY_SECONDS - ahead) % DAY_SECONDS };
}

function day(text: string, now: Date): Said | null {
  const [said, which] = DAY.exec(text) ?? [];
  if (said === undefined) return null;
  const since = secondOfDay(now);
  if (which === "yesterday") return { said, seconds: since + DAY_SECONDS };
  return { said, seconds: which === "last night" || which === "overnight" ? since + DAY_SECONDS / 4 : since };
}

const secondOfDay = (now: Date): number => Math.floor(now.getTime() / 1000) % DAY_SECONDS;
const unitOf = (unit: string): number => UNITS[unit[0] ?? ""] ?? 0;

function numberOf(text: string): number {
  if (text.startsWith("half")) return 0.5;
  if (text.includes("couple")) return 2;
  if (text.includes("few")) return 3;
  return WORDS[text] ?? (Number(text) || 1);
}

/** In whole minutes, and at most a week: nothing is kept for longer. */
function duration(seconds: number): string {
  const minutes = Math.max(1, Math.ceil(Math.min(seconds, LONGEST) / 60));
  if (minutes % 1440 === 0) return `${minutes / 1440}d`;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}

/** Seconds of a duration as written here. */
export const secondsOf = (range: string): number => Number.parseInt(range, 10) * unitOf(range.slice(-1));
