import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import type { ClusterState, ClusterType } from "../../../prisma/generated/enums.ts";
import { TARGET, type Target } from "../../shared/fleet/directory.ts";
import { type Health, SCHEDULE } from "./health.score.ts";

/** A cluster as the health check needs it. */
export interface Checked extends Target {
  tenantId: string;
  clusterType: ClusterType;
  platform: string;
  state: ClusterState;
  recentReachable: boolean[];
  capabilitiesAt: Date | null;
  updatedAt: Date;
}

/** What a check found. */
export interface Finding extends Health {
  clusterId: string;
  /** The state that the cluster had when it was checked. */
  from: ClusterState;
  at: Date;
  /** Whether anything of the cluster was found healthy. */
  seen: boolean;
}

const CHECKED = {
  ...TARGET,
  tenantId: true,
  clusterType: true,
  platform: true,
  state: true,
  recentReachable: true,
  capabilitiesAt: true,
  updatedAt: true,
} as const;

/** A check that starts a little late, as the sweep's pace has it, makes up for it; one that is later starts a new rhythm. */
const PUNCTUAL_SECONDS = 2;

/** Health in the database. Works for no identity: it is the platform's own duty, over all tenants. */
export class HealthRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /**
   * Take up to `limit` due clusters, moving each one's next check forward by its schedule. What one replica has taken, another
   * passes over (SKIP LOCKED), so that no cluster is probed twice. The next check does not wait for this one: if this replica
   * dies now, another checks the cluster then. Materialised: a subquery might be run again within one plan, and take more each
   * time.
   */
  async claimDue(now: Date, limit: number): Promise<Checked[]> {
    const { HUB, SPOKE, EDGE, FAR_EDGE } = SCHEDULE;
    const claimed = await this.#prisma.$queryRaw<{ id: string }[]>`
      WITH due AS MATERIALIZED (
        SELECT id FROM clusters WHERE deleted_at IS NULL AND next_check_at <= ${now}::timestamptz
        ORDER BY next_check_at LIMIT ${limit}::int FOR UPDATE SKIP LOCKED
      )
      UPDATE clusters SET next_check_at = CASE
          WHEN next_check_at > ${now}::timestamptz - make_interval(secs => ${PUNCTUAL_SECONDS}::int) THEN next_check_at
          ELSE ${now}::timestamptz END
        + make_interval(secs => CASE cluster_type
          WHEN 'HUB' THEN ${HUB.everySeconds}::int WHEN 'SPOKE' THEN ${SPOKE.everySeconds}::int
          WHEN 'EDGE' THEN ${EDGE.everySeconds}::int ELSE ${FAR_EDGE.everySeconds}::int END)
      FROM due WHERE clusters.id = due.id
      RETURNING clusters.id::text`;
    if (claimed.length === 0) return [];
    return await this.#prisma.cluster.findMany({ where: { id: { in: claimed.map(({ id }) => id) } }, select: CHECKED });
  }

  /**
   * Write what a check found, as the cluster's status and as a sample of its history: one statement, since there are many.
   * @returns false if the state is no longer `from`: another check was faster, and has told of the change.
   */
  async record(found: Finding, tx: Pick<Prisma.TransactionClient, "$executeRaw"> = this.#prisma): Promise<boolean> {
    const { clusterId, from, at, seen, state, healthScore, lastError, connectivity, recentReachable } = found;
    const { apiServerHealthy, prometheusHealthy, tempoHealthy, lokiHealthy, alertmanagerHealthy } = found;
    // A sample has a score and an API server's health always: of UNKNOWN nothing else counts.
    const written = await tx.$executeRaw`
      WITH written AS (
        UPDATE clusters SET
          state = ${state}::"ClusterState", health_score = ${healthScore}::int, last_error = ${lastError},
          connectivity = ${connectivity}::"Connectivity", recent_reachable = ${recentReachable}::boolean[],
          api_server_healthy = ${apiServerHealthy}::boolean, prometheus_healthy = ${prometheusHealthy}::boolean,
          tempo_healthy = ${tempoHealthy}::boolean, loki_healthy = ${lokiHealthy}::boolean,
          alertmanager_healthy = ${alertmanagerHealthy}::boolean,
          last_seen_at = CASE WHEN ${seen}::boolean THEN ${at}::timestamptz ELSE last_seen_at END
        WHERE id = ${clusterId}::uuid AND state = ${from}::"ClusterState" AND deleted_at IS NULL
        RETURNING id
      )
      INSERT INTO health_samples
        (cluster_id, at, state, health_score, api_server_healthy, prometheus_healthy, tempo_healthy, loki_healthy,
         alertmanager_healthy)
      SELECT id, ${at}::timestamptz, ${state}::"ClusterState", ${healthScore ?? 0}::int, ${apiServerHealthy ?? false}::boolean,
        ${prometheusHealthy}::boolean, ${tempoHealthy}::boolean, ${lokiHealthy}::boolean, ${alertmanagerHealthy}::boolean
      FROM written ON CONFLICT DO NOTHING`;
    return written > 0;
  }
}
