import type { PrismaClient } from "../../../prisma/generated/client.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";

const EVERY_MS = 10 * 60_000;
const DAY_MS = 86_400_000;
/** Few enough that nobody who writes alerts waits long. */
const BATCH = 5000;

/** Removes alerts that ended longer ago than they are kept, and what is left of clusters that were removed for good. */
export const pruneAlerts = (options: {
  prisma: PrismaClient;
  clock: Clock;
  keepDays: number;
  /** Removed at once. */
  batch?: number;
}): Job => ({
  name: "observability.prune-alerts",
  everyMs: EVERY_MS,
  run: async (signal) => {
    const { prisma, clock, keepDays, batch = BATCH } = options;
    const before = new Date(clock.now().getTime() - keepDays * DAY_MS);
    const ended = () => prisma.$executeRaw`
      DELETE FROM alerts WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM alerts WHERE state = 'RESOLVED' AND ends_at < ${before}::timestamptz LIMIT ${batch}::int))`;
    const orphaned = () => prisma.$executeRaw`
      DELETE FROM alerts WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM alerts a WHERE NOT EXISTS (SELECT 1 FROM clusters WHERE clusters.id = a.cluster_id) LIMIT ${batch}::int))`;
    for (const prune of [ended, orphaned]) {
      while (!signal.aborted && (await prune()) === batch) {
        // There may be more.
      }
    }
    await prisma.$executeRaw`
      DELETE FROM alert_sources s WHERE NOT EXISTS (SELECT 1 FROM clusters WHERE clusters.id = s.cluster_id)`;
    await prisma.$executeRaw`
      DELETE FROM webhook_tokens t WHERE NOT EXISTS (SELECT 1 FROM clusters WHERE clusters.id = t.cluster_id)`;
  },
});
