import { type Finding, figure } from "./finding.ts";
import type { Frames } from "./frames.ts";
import { calibrated, median, quantileOfSorted, sorted, weightedMedian } from "./statistics.ts";
import type { Visit, Visits } from "./visits.ts";

const LEAST_REQUESTS = 2;
const LEAST_HISTORY = 5;
const MOST_SERIES = 10_000;
const MOST_TRACES = 3;
const MOST_ENDS = 50;
/** Less is the clock's. */
const LEAST_MS = 2;

interface Change {
  readonly z: number;
  readonly value: number;
  readonly expected: number;
  /** The slowest in the window. */
  readonly slowest: readonly Visit[];
}

interface Series {
  readonly entity: string;
  readonly caller: string | null;
  readonly operation: number;
  readonly samples: Map<number, { visit: Visit; value: number }[]>;
}

/** Time that entities take themselves, and time that is lost on the way to them. */
export function traceFindings({ all, operations }: Visits, frames: Frames): Finding[] {
  const selves = new Map<string, Series>();
  const gaps = new Map<string, Series>();
  for (const visit of all) {
    if (visit.frame < 0) continue;
    if (visit.selfMs !== null) add(selves, visit, null, visit.selfMs);
    if (visit.gapMs !== null && visit.parent) add(gaps, visit, visit.parent.entity, visit.gapMs);
  }
  const found: Finding[] = [];
  for (const { entity, operation, samples } of selves.values()) {
    const change = changeOf(samples, frames.window);
    if (change) found.push(finding(entity, change, `${operations.names[operation] ?? "Requests"} by itself`));
  }
  const edges = [...gaps.values()].flatMap(({ entity, caller, samples }) => {
    const change = changeOf(samples, frames.window);
    return caller === null ? [] : [{ caller, callee: entity, change }];
  });
  return [...found, ...blamedEnds(edges)];
}

function add(series: Map<string, Series>, visit: Visit, caller: string | null, value: number): void {
  const key = `${visit.operation} ${visit.entity} ${caller ?? ""}`;
  let found = series.get(key);
  if (!found) {
    if (series.size >= MOST_SERIES) return;
    found = { entity: visit.entity, caller, operation: visit.operation, samples: new Map() };
    series.set(key, found);
  }
  const list = found.samples.get(visit.frame);
  if (list) list.push({ visit, value });
  else found.samples.set(visit.frame, [{ visit, value }]);
}

/** Against the middle stretch and how far the middle half of them lie apart, so that slow stretches in the history do not count. */
function changeOf(samples: Series["samples"], window: number): Change | null {
  const now = samples.get(window);
  if (!now || now.length < LEAST_REQUESTS) return null;
  const before = [...samples].flatMap(([frame, list]) => (frame === window ? [] : [sorted(valuesOf(list))]));
  if (before.reduce((sum, { length }) => sum + length, 0) < LEAST_HISTORY) return null;
  const middles = before.map((values) => ({ value: quantileOfSorted(values, 0.5), weight: values.length }));
  const expected = weightedMedian(middles);
  const within = before.map((values) => ({
    value: quantileOfSorted(values, 0.9) - quantileOfSorted(values, 0.1),
    weight: values.length,
  }));
  const between = middles.map(({ value, weight }) => ({ value: Math.abs(value - expected), weight }));
  const scale = Math.max(weightedMedian(within), 3 * weightedMedian(between), 0.1 * expected, LEAST_MS);
  const away = (middle: number, requests: number): number =>
    Math.max(0, (middle - expected) / scale) * Math.sqrt(requests / (requests + 2));
  const value = median(valuesOf(now));
  const own = middles.map((middle) => away(middle.value, middle.weight));
  const slowest = [...now].sort((a, b) => b.value - a.value).slice(0, MOST_TRACES);
  return {
    // As with lines: what doubles says less than what is ten times as long.
    z: (calibrated(away(value, now.length), own) * Math.max(0, value - expected)) / Math.max(value + expected, 1e-9),
    value,
    expected,
    slowest: slowest.map(({ visit }) => visit),
  };
}

const valuesOf = (list: readonly { value: number }[]): number[] => list.map(({ value }) => value);

interface Edge {
  readonly caller: string;
  readonly callee: string;
  readonly change: Change | null;
}

/**
 * Time between two may be lost at either end. The end most of whose ways in, or most of whose ways out, are slow is to blame, and what it
 * explains is not held against the other ends; so on with what is left.
 */
function blamedEnds(edges: readonly Edge[]): Finding[] {
  const found: Finding[] = [];
  let left = edges;
  for (let turn = 0; turn < MOST_ENDS; turn += 1) {
    const ends = [...Map.groupBy(left, ({ callee }) => callee), ...Map.groupBy(left, ({ caller }) => caller)].map(
      ([entity, ways]) => endOf(entity, ways),
    );
    const best = ends.reduce<End | null>((a, b) => (b.mass > (a?.mass ?? 0) ? b : a), null);
    const [worst] = best?.slow ?? [];
    if (!best || !worst?.change) break;
    found.push(finding(best.entity, { ...worst.change, z: best.z }, "The way to or from it"));
    const explained = new Set(best.slow);
    left = left.filter((edge) => !explained.has(edge));
  }
  return found;
}

interface End {
  readonly entity: string;
  readonly z: number;
  readonly mass: number;
  /** The slowest first. */
  readonly slow: readonly Edge[];
}

function endOf(entity: string, ways: readonly Edge[]): End {
  const z = median(ways.map(({ change }) => change?.z ?? 0));
  const slow = ways.filter(({ change }) => (change?.z ?? 0) >= 1);
  slow.sort((a, b) => (b.change?.z ?? 0) - (a.change?.z ?? 0));
  return { entity, z, mass: z >= 1 ? z * Math.log2(1 + slow.length) : 0, slow };
}

function finding(entity: string, { z, value, expected, slowest }: Change, what: string): Finding {
  return {
    entity,
    signal: "TRACES",
    source: "TRACES",
    z,
    evidence: () => ({
      statement: `${what} takes ${figure(value)} ms; usually ${figure(expected)} ms.`,
      query: null,
      at: Math.min(...slowest.map(({ start }) => start)),
      value,
      expected,
      pattern: null,
      traceIds: [...new Set(slowest.map(({ traceId }) => traceId))],
    }),
  };
}
