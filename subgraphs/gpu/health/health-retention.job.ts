import type { PrismaClient } from "../../../prisma/generated/client.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { DAY_MS, pruning } from "../../shared/kernel/pruning.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";

/** Removes what ended, or was last seen, more than 90 days ago, and what is left of clusters that were removed for good. */
export const pruneHealthEvents = (options: {
  prisma: PrismaClient;
  clock: Clock;
  /** Removed at once. */
  batch?: number;
}): Job => {
  const { prisma, clock, batch } = options;
  return pruning({
    name: "gpu.prune-health",
    clock,
    keepMs: 90 * DAY_MS,
    everyMs: 60 * 60_000,
    batch,
    remove: [
      (before, most) => prisma.$executeRaw`
        DELETE FROM gpu_health_events WHERE ctid = ANY(ARRAY(
          SELECT ctid FROM gpu_health_events e WHERE coalesce(cleared_at, last_seen_at) < ${before}::timestamptz
            OR NOT EXISTS (SELECT 1 FROM clusters WHERE clusters.id = e.cluster_id) LIMIT ${most}::int))`,
    ],
  });
};
