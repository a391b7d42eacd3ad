import type { Bounded } from "./bounds.ts";
import type { Frames } from "./frames.ts";

const LITTLE_HISTORY = 10;

/** What the search had to do without, in sentences. */
export function missingOf({ asked, cuts }: Bounded, { ranges, window }: Frames): string[] {
  const end = asked.onset + asked.windowSeconds * 1000;
  const has = <T>(items: readonly T[], timeOf: (item: T) => number): boolean =>
    items.some((item) => timeOf(item) >= asked.onset && timeOf(item) < end);
  const missing = asked.gaps.map(({ source, reason }) => `${source}: ${reason}`);
  const points = asked.metrics.some((signal) => has(signal.points, ({ time }) => time));
  if (!points) missing.push("There are no metrics of the time it happened.");
  if (!has(asked.logs, ({ time }) => time)) missing.push("There are no log lines of the time it happened.");
  if (!has(asked.spans, ({ start }) => start)) missing.push("There are no traces of the time it happened.");
  if (asked.events.length === 0) missing.push("There are no Kubernetes events.");
  if (asked.changes.length === 0) missing.push("There is no record of changes.");
  if (asked.topology.length === 0) missing.push("It is not known what runs where.");
  if (window === 0) missing.push("There is no history of lines and traces: what is usual is not known.");
  else if (window < LITTLE_HISTORY) {
    const minutes = ranges.slice(0, window).reduce((sum, { start, end: last }) => sum + (last - start) / 60_000, 0);
    missing.push(`There are only ${Math.round(minutes)} minutes of history of lines and traces.`);
  }
  return [...missing, ...cuts];
}
