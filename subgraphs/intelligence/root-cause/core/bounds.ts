import type { Case, TimeRange } from "./model.ts";

/** So that a question costs no more than a second, whatever is handed in. */
export const MOST = {
  metrics: 5_000,
  points: 5_000,
  logs: 60_000,
  spans: 150_000,
  events: 10_000,
  alerts: 2_000,
  changes: 2_000,
  topology: 20_000,
};

export interface Bounded {
  readonly asked: Case;
  /** What was cut off, in sentences. */
  readonly cuts: readonly string[];
}

/** The case without what is no number and without what is too much: the window first, then the latest of the history. */
export function bounded(asked: Case): Bounded {
  const cuts: string[] = [];
  const end = asked.onset + asked.windowSeconds * 1000;
  const latest = <T>(what: keyof typeof MOST, items: readonly T[], timeOf: (item: T) => number): readonly T[] => {
    const known = items.filter((item) => Number.isFinite(timeOf(item)) && timeOf(item) < end);
    const most = MOST[what];
    if (known.length <= most) return known;
    cuts.push(`Of ${known.length} ${what}, the latest ${most} were looked at.`);
    return known.sort((a, b) => timeOf(b) - timeOf(a)).slice(0, most);
  };
  const first = <T>(what: keyof typeof MOST, items: readonly T[]): readonly T[] => {
    if (items.length > MOST[what]) cuts.push(`Of ${items.length} ${what}, the first ${MOST[what]} were looked at.`);
    return items.slice(0, MOST[what]);
  };
  // In one order, whatever order they came in: what a template looks like depends on it.
  const logs = [...latest("logs", asked.logs, ({ time }) => time)].sort((a, b) => a.time - b.time);
  const spans = latest("spans", asked.spans, ({ start }) => start).filter(({ durationMs }) => durationMs >= 0);
  return {
    asked: {
      ...asked,
      metrics: first("metrics", asked.metrics).map((signal) => ({
        ...signal,
        points: signal.points.slice(-MOST.points),
      })),
      logs,
      logRanges: logs.length === MOST.logs ? since(logs, asked, end) : (asked.logRanges ?? null),
      spans,
      events: latest("events", asked.events, ({ time }) => time),
      alerts: latest("alerts", asked.alerts, ({ startsAt }) => startsAt),
      changes: latest("changes", asked.changes, ({ time }) => time),
      topology: first("topology", asked.topology),
    },
    cuts,
  };
}

/** Of what came before the oldest line that is left, none are known. */
function since(logs: Case["logs"], { logRanges }: Case, end: number): TimeRange[] {
  const oldest = logs.reduce((least, { time }) => Math.min(least, time), end);
  return (logRanges ?? [{ start: oldest, end }]).map((range) => ({ ...range, start: Math.max(range.start, oldest) }));
}
