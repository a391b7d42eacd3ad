import type { Matcher } from "../../promql/ast.ts";
import type { LogSource } from "../world/logs/logs.ts";
import type { LogStream } from "../world/logs/streams.ts";
import type { LogExpr } from "./ast.ts";
import { type Entry, entryOf, runStages } from "./pipeline.ts";

/** Seconds of logs that are made at once. */
const CHUNK = 600;
/** Older lines are deleted. */
const RETENTION = 86_400;
const SECOND = 1_000_000_000n;
const BYTES_PER_LINE = 120;

/** What is read for one request: at most what the world has written by now. */
export interface Source {
  readonly logs: LogSource;
  /** Nanoseconds. */
  readonly now: bigint;
  readonly counted: { lines: number; bytes: number; kept: number };
}

/** The world's logs as a request finds them at `now` (milliseconds). */
export const sourceOf = (logs: LogSource, now: number): Source => ({
  logs,
  now: BigInt(Math.floor(now)) * 1_000_000n,
  counted: { lines: 0, bytes: 0, kept: 0 },
});

export function selected({ logs }: Source, matchers: readonly Matcher[]): LogStream[] {
  return logs.streams.filter(({ labels }) => matchers.every(({ name, matches }) => matches(labels[name] ?? "")));
}

/**
 * What a log query finds from `start` up to but not including `end` (nanoseconds), chunk by chunk in the order asked for, each
 * chunk's entries in it too. Only as many chunks are made as are taken.
 */
export function* entries(
  source: Source,
  { matchers, stages }: Pick<LogExpr, "matchers" | "stages">,
  { start, end }: { readonly start: bigint; readonly end: bigint },
  direction: "forward" | "backward",
): Generator<Entry[], void, void> {
  const streams = selected(source, matchers);
  const last = end < source.now ? end : source.now;
  const oldest = source.now - BigInt(RETENTION) * SECOND;
  const first = start > oldest ? start : oldest;
  if (streams.length === 0 || first >= last) return;
  const chunks = {
    from: Math.floor(Number(first / SECOND) / CHUNK),
    to: Math.floor(Number((last - 1n) / SECOND) / CHUNK),
  };
  const forward = direction === "forward";
  for (let i = forward ? chunks.from : chunks.to; i >= chunks.from && i <= chunks.to; i += forward ? 1 : -1) {
    const found: Entry[] = [];
    for (const stream of streams) {
      for (const line of source.logs.lines(stream, i * CHUNK, (i + 1) * CHUNK)) {
        if (line.ns < first || line.ns >= last) continue;
        source.counted.lines++;
        source.counted.bytes += BYTES_PER_LINE;
        const entry = runStages(stages, entryOf(line, stream.labels));
        if (entry !== undefined) found.push(entry);
      }
    }
    source.counted.kept += found.length;
    yield found.sort((a, b) => (a.ns === b.ns ? 0 : a.ns < b.ns === forward ? -1 : 1));
  }
}
