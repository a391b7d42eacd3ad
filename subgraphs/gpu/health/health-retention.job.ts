import type { PrismaClient } from "../../../prisma/generated/client.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";

const EVERY_MS = 60 * 60_000;
const KEEP_MS = 90 * 86_400_000;
/** Few enough that nobody who collects waits long. */
const BATCH = 5000;

/** Removes what ended, or was last seen, more than 90 days ago, and what is left of clusters that were removed for good. */
export const pruneHealthEvents = (options: {
  prisma: PrismaClient;
  clock: Clock;
  /** Removed at once. */
  batch?: number;
}): Job => ({
  name: "gpu.prune-health",
  everyMs: EVERY_MS,
  run: async (signal) => {
    const { prisma, clock, batch = BATCH } = options;
    const before = new Date(clock.now().getTime() - KEEP_MS);
    const prune = () => prisma.$executeRaw`
      DELETE FROM gpu_health_events WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM gpu_health_events e WHERE coalesce(cleared_at, last_seen_at) < ${before}::timestamptz
          OR NOT EXISTS (SELECT 1 FROM clusters WHERE clusters.id = e.cluster_id) LIMIT ${batch}::int))`;
    while (!signal.aborted && (await prune()) === batch) {
      // There may be more.
    }
  },
});
