import type { Clock } from "../../shared/kernel/clock.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";
import type { HealthHistoryRepository } from "./health-history.repository.ts";

const KEPT_MS = 7 * 86_400_000;
/** Often, so that there is little to remove at a time: 1,000 clusters leave some 20,000 samples in it. */
const EVERY_MS = 10 * 60_000;

/** Removes samples of health checks that are older than they are kept. */
export const pruneHealthHistory = (options: { repository: HealthHistoryRepository; clock: Clock }): Job => ({
  name: "clusters.prune-health-history",
  everyMs: EVERY_MS,
  run: async (signal) => {
    const before = new Date(options.clock.now().getTime() - KEPT_MS);
    while (!signal.aborted && (await options.repository.prune(before))) {
      // There may be more.
    }
  },
});
