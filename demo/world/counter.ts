import { type Lifecycle, startedAt } from "./lifecycle.ts";
import { integral, type Rhythm } from "./rhythm.ts";

/**
 * A counter that grows at the rhythm's level and begins at zero whenever its container or node starts. Between two starts
 * the integral at the start does not change, so it is kept: only a cache, the value stays a pure function of the time.
 */
export function counter(rhythm: Rhythm, life: Lifecycle): (t: number) => number {
  let start = Number.NaN;
  let before = 0;
  return (t) => {
    const started = startedAt(life, t);
    if (started !== start) {
      start = started;
      before = integral(rhythm, started);
    }
    return integral(rhythm, t) - before;
  };
}

/** The same counter in whole numbers. */
export function wholeCounter(rhythm: Rhythm, life: Lifecycle): (t: number) => number {
  const at = counter(rhythm, life);
  return (t) => Math.floor(at(t));
}
