const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};
const DURATION = /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m(?!s))?(?:\d+s)?(?:\d+ms)?$/;

/** Milliseconds of a duration such as "1h30m"; undefined when the text is none. */
export function parseDuration(text: string): number | undefined {
  if (text === "" || !DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+)(ms|[smhdwy])/g))
    total += Number(digits) * (UNITS[unit ?? ""] ?? 0);
  return total;
}

/** The value of a number literal: decimal, hexadecimal, Inf, NaN, or a duration in seconds. NaN for what is none. */
export function parseNumber(text: string): number {
  const sign = text.startsWith("-") ? -1 : 1;
  const plain = text.replace(/^[+-]\s*/, "").replaceAll("_", "");
  if (/^inf$/i.test(plain)) return sign * Infinity;
  const duration = parseDuration(plain);
  return sign * (duration === undefined ? Number(plain) : duration / 1000);
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
  "'": "'",
};

/** The text of a quoted string literal, escapes resolved as in Go; undefined when it is malformed. */
export function unquote(literal: string): string | undefined {
  const quote = literal[0];
  if (literal.length < 2 || literal.at(-1) !== quote) return undefined;
  const inner = literal.slice(1, -1);
  if (quote === "`") return inner;
  let bad = false;
  const text = inner.replace(
    /\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3}|[\s\S]?)/g,
    (_, code: string) => {
      if (/^[xuU]./.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
      if (/^[0-7]{3}$/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
      const plain = ESCAPES[code];
      bad ||= plain === undefined;
      return plain ?? "";
    },
  );
  return bad ? undefined : text;
}

/** A sample value as Prometheus writes it in JSON. */
export function formatValue(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return Object.is(value, -0) ? "-0" : String(value);
}

/** A sample value as Prometheus writes it in a label: without an exponent. */
export function formatPlain(value: number): string {
  const text = formatValue(value);
  if (!text.includes("e")) return text;
  const [, sign = "", whole = "", fraction = "", exponent] = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, "0")}`;
}

/** A sample value from its text in JSON. */
export function parseValue(text: string): number {
  if (text === "+Inf") return Infinity;
  return text === "-Inf" ? -Infinity : Number(text);
}

/** Milliseconds as a duration, such as "1h30m"; "0s" for none. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.abs(milliseconds);
  let text = "";
  for (const unit of ["w", "d", "h", "m", "s", "ms"]) {
    const length = UNITS[unit] ?? 1;
    const count = Math.floor(rest / length);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * length;
  }
  return `${milliseconds < 0 ? "-" : ""}${text || "0s"}`;
}
