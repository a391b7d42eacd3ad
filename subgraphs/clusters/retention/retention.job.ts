import type { PrismaClient } from "../../../prisma/generated/client.ts";
import type { Changes } from "../../shared/fleet/changes.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";
import { auditView } from "../registry/cluster.mapper.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BATCH = 100;
/** Whose deeds these are, in the audit log. */
const SYSTEM = {
  identity: { user: "system", groups: [], roles: ["admin" as const], tenant: "", scope: null },
  requestId: "retention",
};

/** Purges what was deleted longer ago than it is kept. */
export const purgeDeleted = (options: {
  prisma: PrismaClient;
  changes: Changes;
  clock: Clock;
  keepDays: number;
}): Job => ({
  name: "clusters.purge-deleted",
  everyMs: HOUR_MS,
  run: async (signal) => {
    const before = new Date(options.clock.now().getTime() - options.keepDays * DAY_MS);
    for (;;) {
      const due = await options.prisma.cluster.findMany({ where: { deletedAt: { lt: before } }, take: BATCH });
      for (const row of due) {
        if (signal.aborted) return;
        await options.changes.commit(async (tx, record) => {
          // Restored in the meantime: then it is not ours to remove.
          const { count } = await tx.cluster.deleteMany({ where: { id: row.id, deletedAt: { lt: before } } });
          if (count > 0)
            await record.deed(SYSTEM, { action: "PURGE_CLUSTER", cluster: row, before: auditView(row), after: null });
        });
      }
      if (due.length < BATCH) return;
    }
  },
});
