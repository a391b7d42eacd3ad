import { changesOf, type Habit, habitKey, type ShareChange } from "./habits.ts";
import type { Visit } from "./visits.ts";

/** A change of less is not looked for in single requests. */
const LEAST_Z = 2;
/** As odd as this share of the oddest request of its trace. */
const ABOUT_AS_ODD = 0.5;

export interface Blame {
  readonly changes: ReadonlyMap<string, readonly ShareChange[]>;
  /** By entity: how much of its oddness was not there first elsewhere in the same trace. 1 for what is not odd in any. */
  readonly ownShare: ReadonlyMap<string, number>;
}

/**
 * A fault shows in all that wait for it. In each trace of the window, the odd request that ended first is to blame: what is called ends
 * before its caller, and what went wrong earlier before what came of it.
 */
export function blameOf(habits: ReadonlyMap<string, Habit>, visits: readonly Visit[], window: number): Blame {
  const changes = new Map<string, readonly ShareChange[]>();
  for (const [key, habit] of habits) {
    const found = changesOf(habit);
    if (found.length > 0) changes.set(key, found);
  }
  const traces = new Map<string, { visit: Visit; oddness: number }[]>();
  for (const visit of visits) {
    if (visit.frame !== window) continue;
    const oddness = oddnessOf(visit, changes.get(habitKey(visit)) ?? []);
    if (oddness <= 0) continue;
    const trace = traces.get(visit.traceId);
    if (trace) trace.push({ visit, oddness });
    else traces.set(visit.traceId, [{ visit, oddness }]);
  }
  const all = new Map<string, number>();
  const own = new Map<string, number>();
  for (const odd of traces.values()) {
    const most = Math.max(...odd.map(({ oddness }) => oddness));
    const [first] = odd
      .filter(({ oddness }) => oddness >= ABOUT_AS_ODD * most)
      .sort((a, b) => a.visit.end - b.visit.end || b.visit.start - a.visit.start);
    for (const { visit, oddness } of odd) {
      all.set(visit.entity, (all.get(visit.entity) ?? 0) + oddness);
      if (visit.entity === first?.visit.entity) own.set(visit.entity, (own.get(visit.entity) ?? 0) + oddness);
    }
  }
  return { changes, ownShare: new Map([...all].map(([entity, sum]) => [entity, (own.get(entity) ?? 0) / sum])) };
}

/** How much of what is unusual now this request shows. */
function oddnessOf(visit: Visit, changes: readonly ShareChange[]): number {
  let most = 0;
  for (const { feature, z, expected } of changes) {
    if (Math.abs(z) < LEAST_Z) continue;
    const has = visit.features.has(feature);
    if (has !== z > 0) continue;
    most = Math.max(most, Math.abs(z) * (has ? 1 - expected : expected));
  }
  return most;
}
