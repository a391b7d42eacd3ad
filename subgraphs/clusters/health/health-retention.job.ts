import type { Clock } from "../../shared/kernel/clock.ts";
import { DAY_MS, pruning } from "../../shared/kernel/pruning.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";
import type { HealthHistoryRepository } from "./health-history.repository.ts";

/** Removes samples of health checks that are older than a week. 1,000 clusters leave some 20,000 between two runs. */
export const pruneHealthHistory = (options: { repository: HealthHistoryRepository; clock: Clock }): Job =>
  pruning({
    name: "clusters.prune-health-history",
    clock: options.clock,
    keepMs: 7 * DAY_MS,
    remove: [(before, batch) => options.repository.prune(before, batch)],
  });
