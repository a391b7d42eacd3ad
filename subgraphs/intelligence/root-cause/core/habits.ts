import { calibrated, shareDifference, type Weighted, weightedMedian } from "./statistics.ts";
import type { Visit } from "./visits.ts";

/** What is seen of the requests to one operation of one entity, stretch by stretch. */
export interface Habit {
  readonly entity: string;
  readonly operation: number;
  /** Requests in each stretch; the window is the last. */
  readonly visits: Float64Array;
  /** By feature: the requests that had it in each stretch. */
  readonly counts: Map<number, Float64Array>;
}

export interface ShareChange {
  readonly feature: number;
  /** Positive where more requests have it than usual. */
  readonly z: number;
  readonly share: number;
  readonly expected: number;
  readonly requests: number;
}

const MOST_HABITS = 5_000;
const MOST_FEATURES = 500;
/** With fewer stretches, their middle is a matter of luck. */
const LEAST_STRETCHES = 4;
/** A history counts as at most so many windows, or else the slightest drift of what is frequent would be sure. */
const MOST_HISTORY = 10;

export const habitKey = ({ entity, operation }: Pick<Visit, "entity" | "operation">): string =>
  `${operation} ${entity}`;

export function habitsOf(visits: readonly Visit[], frames: number): Map<string, Habit> {
  const habits = new Map<string, Habit>();
  for (const visit of visits) {
    const habit = habitOf(habits, visit, frames);
    if (!habit || visit.frame < 0) continue;
    habit.visits[visit.frame] = (habit.visits[visit.frame] ?? 0) + 1;
    for (const feature of visit.features) {
      let counts = habit.counts.get(feature);
      if (!counts) {
        if (habit.counts.size >= MOST_FEATURES) continue;
        counts = new Float64Array(frames);
        habit.counts.set(feature, counts);
      }
      counts[visit.frame] = (counts[visit.frame] ?? 0) + 1;
    }
  }
  return habits;
}

function habitOf(habits: Map<string, Habit>, visit: Visit, frames: number): Habit | undefined {
  const key = habitKey(visit);
  const known = habits.get(key);
  if (known || habits.size >= MOST_HABITS) return known;
  const { entity, operation } = visit;
  const habit = { entity, operation, visits: new Float64Array(frames), counts: new Map<number, Float64Array>() };
  habits.set(key, habit);
  return habit;
}

/**
 * What requests show more or less often than usual. Since it is asked of requests to one operation, neither more traffic nor another mix
 * of it looks like a change; and since the middle stretch is what is usual, a few bad ones in the history do not count.
 */
export function changesOf({ visits, counts }: Habit): ShareChange[] {
  const window = visits.length - 1;
  const requests = visits[window] ?? 0;
  if (requests === 0) return [];
  const total = visits.subarray(0, window).reduce((sum, n) => sum + n, 0);
  if (total === 0) return [];
  const history = Math.min(total, MOST_HISTORY * requests);
  const found: ShareChange[] = [];
  for (const [feature, of] of counts) {
    const seen = of[window] ?? 0;
    const expected = usualShare(of, visits, total);
    const raw = shareDifference(seen, requests, expected * history, history);
    if (Math.abs(raw) < 1) continue;
    const own: number[] = [];
    for (let frame = 0; frame < window; frame += 1) {
      const n = visits[frame] ?? 0;
      if (n > 0) own.push(Math.abs(shareDifference(of[frame] ?? 0, n, expected * history, history)));
    }
    const share = seen / requests;
    // A change of all requests says more than one of a few of many.
    const z = Math.sign(raw) * calibrated(Math.abs(raw), own) * Math.abs(share - expected);
    if (z !== 0) found.push({ feature, z, share, expected, requests });
  }
  return found;
}

function usualShare(counts: Float64Array, visits: Float64Array, total: number): number {
  const window = visits.length - 1;
  const shares: Weighted[] = [];
  let seen = 0;
  for (let frame = 0; frame < window; frame += 1) {
    const n = visits[frame] ?? 0;
    if (n === 0) continue;
    seen += counts[frame] ?? 0;
    shares.push({ value: (counts[frame] ?? 0) / n, weight: n });
  }
  return shares.length < LEAST_STRETCHES ? seen / total : weightedMedian(shares);
}
