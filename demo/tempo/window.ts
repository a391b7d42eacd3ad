import type { WorldTrace } from "../world/traces/trace.ts";
import type { World } from "../world/world.ts";

/** What answers for one time window at once. */
const CHUNK = 600;
/** Older traces are deleted. */
const RETENTION = 2 * 86_400;

/** In unix seconds. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** The traces of a window that are there at `now` (milliseconds), newest first; only as many are made as are taken. */
export function* newestFirst(world: World, { start, end }: Window, now: number): Generator<WorldTrace, void, void> {
  const last = Math.min(end, now / 1000);
  const first = Math.max(start, now / 1000 - RETENTION);
  // On multiples of the chunk, so that a search that follows finds the same ones.
  for (let from = Math.floor(last / CHUNK) * CHUNK; from + CHUNK > first; from -= CHUNK) {
    for (const trace of world.traces.between(from, from + CHUNK).toReversed()) {
      const began = trace.start / 1e6;
      if (began >= first && began <= last) yield trace;
    }
  }
}
