export type Level = "info" | "warn" | "error";

/** How a workload writes its log. */
export type Style = "json" | "logfmt" | "klog" | "plain";

export interface LogLine {
  /** Unix nanoseconds. */
  readonly ns: bigint;
  readonly level: Level;
  readonly text: string;
  /** What belongs to the line beside its text. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Entry {
  /** Microseconds. */
  readonly at: number;
  readonly seed: number;
  readonly level: Level;
  readonly message: string;
  readonly fields?: Readonly<Record<string, string | number>>;
  /** Lines below the first. */
  readonly stack?: string;
  /** Of the span that it tells of. */
  readonly span?: { readonly trace: string; readonly id: string };
}

const KLOG_LETTER: Readonly<Record<Level, string>> = { info: "I", warn: "W", error: "E" };

const quoted = (value: string | number) =>
  /^[\w./:%+-]+$/.test(String(value)) ? String(value) : JSON.stringify(value);

const pairs = (fields: Readonly<Record<string, string | number>>) =>
  Object.entries(fields).map(([name, value]) => `${name}=${quoted(value)}`);

function written(style: Style, entry: Entry): string {
  const { at, level, message, fields = {}, stack, span } = entry;
  const iso = new Date(at / 1000).toISOString();
  const traced = span === undefined ? {} : { trace_id: span.trace, span_id: span.id };
  const below = stack === undefined ? "" : `\n${stack}`;
  switch (style) {
    case "json":
      return JSON.stringify({
        ts: iso,
        level,
        msg: message,
        ...fields,
        ...traced,
        ...(stack === undefined ? {} : { stack }),
      });
    case "logfmt":
      return ["ts=", iso, " level=", level, " ", pairs({ msg: message, ...fields, ...traced }).join(" "), below].join(
        "",
      );
    case "klog": {
      const [date = "", time = ""] = iso.split("T");
      const head = `${KLOG_LETTER[level]}${date.slice(5).replace("-", "")} ${time.slice(0, -1)}000       1`;
      return (
        [`${head} controller.go:${100 + (entry.seed % 400)}] ${JSON.stringify(message)}`, ...pairs(fields)].join(" ") +
        below
      );
    }
    case "plain":
      return [`${iso} [${level.toUpperCase()}] ${message}`, ...pairs({ ...fields, ...traced })].join(" ") + below;
  }
}

/** The line that a workload writes of an entry. */
export function lineOf(style: Style, entry: Entry): LogLine {
  const { at, seed, level, span } = entry;
  return {
    // The world knows microseconds; what follows them must not get lost on the way.
    ns: BigInt(at) * 1000n + BigInt(seed % 1000),
    level,
    // Lines that are only counted are not written.
    get text() {
      return written(style, entry);
    },
    metadata: { detected_level: level, ...(span === undefined ? {} : { span_id: span.id, trace_id: span.trace }) },
  };
}
