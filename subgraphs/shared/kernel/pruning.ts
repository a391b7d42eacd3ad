import type { Clock } from "./clock.ts";
import type { Job } from "./subgraph.ts";

const EVERY_MS = 10 * 60_000;
const BATCH = 5000;

export const DAY_MS = 86_400_000;

/** Removes at most a batch of what is from before. @returns how many */
type Remove = (before: Date, batch: number) => Promise<number>;

/** A job that removes what is older than it is kept. */
export const pruning = (options: {
  name: string;
  clock: Clock;
  keepMs: number;
  everyMs?: number;
  /** Removed at once: few enough that nobody who writes waits long. */
  batch?: number | undefined;
  remove: readonly Remove[];
}): Job => ({
  name: options.name,
  everyMs: options.everyMs ?? EVERY_MS,
  run: async (signal) => {
    const { clock, keepMs, batch = BATCH, remove } = options;
    const before = new Date(clock.now().getTime() - keepMs);
    for (const removeSome of remove) {
      while (!signal.aborted && (await removeSome(before, batch)) === batch) {
        // There may be more.
      }
    }
  },
});
