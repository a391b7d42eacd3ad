import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import type { ClusterState, ClusterType } from "../../../prisma/generated/enums.ts";
import { TARGET, type Target } from "../../shared/fleet/directory.ts";
import { type Health, SCHEDULE } from "./health.score.ts";

/** A cluster as the health check needs it. */
export interface Checked extends Target {
  tenantId: string;
  clusterType: ClusterType;
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
   * Write what checks of different clusters found, as their status and as samples of their history: one statement, however many.
   * @returns the clusters it was written for. It is not where the state is no longer `from`: another check was faster, and has
   * told of the change.
   */
  async record(
    findings: readonly Finding[],
    tx: Pick<Prisma.TransactionClient, "$queryRaw"> = this.#prisma,
  ): Promise<Set<string>> {
    // A sample has a score and an API server's health always: of UNKNOWN nothing else counts.
    const written = await tx.$queryRaw<{ id: string }[]>`
      WITH found AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(${JSON.stringify(findings)}::jsonb) AS found(
          "clusterId" uuid, "from" "ClusterState", at timestamptz, seen boolean, state "ClusterState", "healthScore" int,
          "lastError" text, connectivity "Connectivity", "recentReachable" boolean[], "apiServerHealthy" boolean,
          "prometheusHealthy" boolean, "tempoHealthy" boolean, "lokiHealthy" boolean, "alertmanagerHealthy" boolean)
      ), locked AS MATERIALIZED (
        -- In one order, so that two who write the same clusters do not wait for each other.
        SELECT id FROM clusters WHERE id IN (SELECT "clusterId" FROM found) ORDER BY id FOR UPDATE
      ), written AS (
        UPDATE clusters SET
          state = found.state, health_score = "healthScore", last_error = "lastError", connectivity = found.connectivity,
          recent_reachable = "recentReachable", api_server_healthy = "apiServerHealthy",
          prometheus_healthy = "prometheusHealthy", tempo_healthy = "tempoHealthy", loki_healthy = "lokiHealthy",
          alertmanager_healthy = "alertmanagerHealthy", checked_at = at,
          state_since = CASE WHEN clusters.state = found.state THEN coalesce(state_since, at) ELSE at END, last_seen_at = CASE WHEN seen THEN at ELSE last_seen_at END
        FROM found JOIN locked ON locked.id = "clusterId"
        WHERE clusters.id = "clusterId" AND clusters.state = "from" AND deleted_at IS NULL
        RETURNING clusters.id
      ), kept AS (
        INSERT INTO health_samples
          (cluster_id, at, state, health_score, api_server_healthy, prometheus_healthy, tempo_healthy, loki_healthy,
           alertmanager_healthy)
        SELECT id, at, state, coalesce("healthScore", 0), coalesce("apiServerHealthy", false), "prometheusHealthy",
          "tempoHealthy", "lokiHealthy", "alertmanagerHealthy"
        FROM written JOIN found ON id = "clusterId"
        ON CONFLICT DO NOTHING
      )
      SELECT id::text FROM written`;
    return new Set(written.map(({ id }) => id));
  }
}
