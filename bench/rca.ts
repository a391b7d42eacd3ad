import { type Case, type Ranking, rankCauses } from "../subgraphs/intelligence/root-cause/core/index.ts";
import type { Benchmark } from "./main.ts";
import { withFolder } from "./nezha-archive.ts";
import { type Day, type Fault, readDay } from "./nezha-data.ts";
import { quantile, round } from "./statistics.ts";

const DATA = "../shared/benchmarks/nezha";
const WINDOW_SECONDS = 240;
/** Recorded stretches before the fault, of about a minute each; most are of earlier faults. */
const HISTORY_STRETCHES = 24;
const NOT_FOUND = Number.POSITIVE_INFINITY;

interface Scored {
  readonly type: string;
  readonly verdict: Ranking["verdict"];
  /** Where the pod at fault is in the ranking, from 1. */
  readonly rank: number;
  readonly ms: number;
}

/** A day of injected faults: whether the pod at fault is the first cause found, or among the first three or five. */
export const rca: Benchmark = {
  run: ({ data = DATA }) =>
    withFolder(data, async (folder) => {
      const day = await readDay(folder);
      const scored = day.faults.map((fault) => score(fault, caseOf(fault, day)));
      return [
        ...Map.groupBy(scored, ({ type }) => type),
        ["all", scored] as const,
        ...Map.groupBy(scored, ({ verdict }) => `all, said ${verdict}`),
      ].map(([name, list]) => rowOf(name, list));
    }),
};

/** What was known when the fault had lasted for the window: nothing that came later, and nothing of what the list of faults says. */
function caseOf({ time: onset }: Fault, { metrics, logs, spans, recorded }: Day): Case {
  const history = recorded
    .filter(({ start }) => start < onset)
    .map(({ start, end }) => ({ start, end: Math.min(end, onset) }))
    .slice(-HISTORY_STRETCHES);
  const from = history[0]?.start ?? onset;
  const end = onset + WINDOW_SECONDS * 1000;
  return {
    onset,
    windowSeconds: WINDOW_SECONDS,
    history,
    metrics: metrics.map((signal) => ({ ...signal, points: signal.points.filter(({ time }) => time < end) })),
    logs: logs.filter(({ time }) => time >= from && time < end),
    spans: spans.filter(({ start }) => start >= from && start < end),
    events: [],
    alerts: [],
    changes: [],
    topology: [],
    gaps: [],
  };
}

function score({ pod, type }: Fault, asked: Case): Scored {
  const start = performance.now();
  const { causes, verdict } = rankCauses(asked);
  const ms = performance.now() - start;
  const rank = causes.find(({ entity }) => entity.name === pod)?.rank ?? NOT_FOUND;
  return { type, verdict, rank, ms };
}

function rowOf(name: string, scored: readonly Scored[]): Record<string, unknown> {
  const among = (most: number): number => round(scored.filter(({ rank }) => rank <= most).length / scored.length, 2);
  const times = scored.map(({ ms }) => ms);
  return {
    faults: name,
    cases: scored.length,
    "AC@1": among(1),
    "AC@3": among(3),
    "AC@5": among(5),
    "p50 ms": round(quantile(times, 0.5)),
    "most ms": round(Math.max(...times)),
  };
}
