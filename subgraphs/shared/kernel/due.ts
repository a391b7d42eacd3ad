import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "./clock.ts";
import type { Job } from "./subgraph.ts";

const SWEEP_MS = 1000;

/** A job that runs whatever is due. Every replica does: what one takes, no other does. */
export const runsDue = <T>(options: {
  name: string;
  take: (now: Date, limit: number) => Promise<T[]>;
  run: (due: T, signal: AbortSignal) => Promise<void>;
  /** So many one replica runs at once; more wait, and others may take them. */
  atOnce: number;
  clock: Clock;
  onError: (error: unknown) => void;
}): Job => ({
  name: options.name,
  everyMs: SWEEP_MS,
  onEveryReplica: true,
  run: async (signal) => {
    const { take, run, atOnce, clock } = options;
    const onError = (error: unknown): void => {
      if (!signal.aborted) options.onError(error);
    };
    while (!signal.aborted) {
      const due = await take(clock.now(), atOnce).catch((error: unknown) => {
        onError(error);
        return [];
      });
      await Promise.all(due.map((each) => run(each, signal).catch(onError)));
      if (due.length < atOnce) await delay(SWEEP_MS, undefined, { signal }).catch(() => {});
    }
  },
});
