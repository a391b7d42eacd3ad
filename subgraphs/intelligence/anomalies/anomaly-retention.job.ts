import type { PrismaClient } from "../../../prisma/generated/client.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { DAY_MS, pruning } from "../../shared/kernel/pruning.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";

/** Removes anomalies older than they are kept, and what is left of clusters that were removed for good. */
export const pruneAnomalies = (options: {
  prisma: PrismaClient;
  clock: Clock;
  keepDays: number;
  /** Removed at once. */
  batch?: number;
}): Job => {
  const { prisma, clock, keepDays, batch } = options;
  return pruning({
    name: "intelligence.prune-anomalies",
    clock,
    keepMs: keepDays * DAY_MS,
    batch,
    remove: [
      (before, most) => prisma.$executeRaw`
        DELETE FROM anomalies WHERE ctid = ANY(ARRAY(
          SELECT ctid FROM anomalies WHERE detected_at < ${before}::timestamptz LIMIT ${most}::int))`,
      (_, most) => prisma.$executeRaw`
        DELETE FROM anomalies WHERE ctid = ANY(ARRAY(
          SELECT ctid FROM anomalies a WHERE NOT EXISTS (SELECT 1 FROM clusters WHERE clusters.id = a.cluster_id) LIMIT ${most}::int))`,
      () => prisma.$executeRaw`
        DELETE FROM detection_states s WHERE NOT EXISTS (SELECT 1 FROM clusters WHERE clusters.id = s.cluster_id)`,
    ],
  });
};
