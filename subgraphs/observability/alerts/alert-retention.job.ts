import type { PrismaClient } from "../../../prisma/generated/client.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { DAY_MS, pruning } from "../../shared/kernel/pruning.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";

/** Removes alerts that ended longer ago than they are kept, and what is left of clusters that were removed for good. */
export const pruneAlerts = (options: {
  prisma: PrismaClient;
  clock: Clock;
  keepDays: number;
  /** Removed at once. */
  batch?: number;
}): Job => {
  const { prisma, clock, keepDays, batch } = options;
  return pruning({
    name: "observability.prune-alerts",
    clock,
    keepMs: keepDays * DAY_MS,
    batch,
    remove: [
      (before, most) => prisma.$executeRaw`
        DELETE FROM alerts WHERE ctid = ANY(ARRAY(
          SELECT ctid FROM alerts WHERE state = 'RESOLVED' AND ends_at < ${before}::timestamptz LIMIT ${most}::int))`,
      (_, most) => prisma.$executeRaw`
        DELETE FROM alerts WHERE ctid = ANY(ARRAY(
          SELECT ctid FROM alerts a WHERE NOT EXISTS (SELECT 1 FROM clusters WHERE clusters.id = a.cluster_id) LIMIT ${most}::int))`,
      () => prisma.$executeRaw`
        DELETE FROM alert_sources s WHERE NOT EXISTS (SELECT 1 FROM clusters WHERE clusters.id = s.cluster_id)`,
      () => prisma.$executeRaw`
        DELETE FROM webhook_tokens t WHERE NOT EXISTS (SELECT 1 FROM clusters WHERE clusters.id = t.cluster_id)`,
    ],
  });
};
