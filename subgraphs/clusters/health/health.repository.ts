import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import type { ClusterState, ClusterType } from "../../../prisma/generated/enums.ts";
import { TARGET, type Target } from "../../shared/fleet/directory.ts";
import { SCHEDULE } from "./health.score.ts";

/** A cluster as the health check needs it. */
export interface Checked extends Target {
  tenantId: string;
  clusterType: ClusterType;
  platform: string;
  state: ClusterState;
  capabilitiesAt: Date | null;
}

const CHECKED = {
  ...TARGET,
  tenantId: true,
  clusterType: true,
  platform: true,
  state: true,
  capabilitiesAt: true,
} as const;

/** Health in the database. Works for no identity: it is the platform's own duty, over all tenants. */
export class HealthRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /**
   * Take up to `limit` due clusters, moving each one's next check forward by its schedule. What one replica has taken, another
   * passes over (SKIP LOCKED), so that no cluster is probed twice. Materialised: a subquery might be run again within one plan,
   * and take more each time.
   */
  async claimDue(now: Date, limit: number): Promise<Checked[]> {
    const { HUB, SPOKE, EDGE, FAR_EDGE } = SCHEDULE;
    const claimed = await this.#prisma.$queryRaw<{ id: string }[]>`
      WITH due AS MATERIALIZED (
        SELECT id FROM clusters WHERE deleted_at IS NULL AND next_check_at <= ${now}::timestamptz
        ORDER BY next_check_at LIMIT ${limit}::int FOR UPDATE SKIP LOCKED
      )
      UPDATE clusters SET next_check_at = ${now}::timestamptz + make_interval(secs => CASE cluster_type
        WHEN 'HUB' THEN ${HUB.everySeconds}::int WHEN 'SPOKE' THEN ${SPOKE.everySeconds}::int
        WHEN 'EDGE' THEN ${EDGE.everySeconds}::int ELSE ${FAR_EDGE.everySeconds}::int END)
      FROM due WHERE clusters.id = due.id
      RETURNING clusters.id::text`;
    if (claimed.length === 0) return [];
    return await this.#prisma.cluster.findMany({ where: { id: { in: claimed.map(({ id }) => id) } }, select: CHECKED });
  }

  /** Write a check's findings. False if the state is no longer `from`: another check was faster, and has published the change. */
  async record(
    tx: Prisma.TransactionClient,
    id: string,
    from: ClusterState,
    data: Prisma.ClusterUncheckedUpdateManyInput,
  ): Promise<boolean> {
    const { count } = await tx.cluster.updateMany({ where: { id, state: from, deletedAt: null }, data });
    return count > 0;
  }
}
