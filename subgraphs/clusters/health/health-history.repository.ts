import type { PrismaClient } from "../../../prisma/generated/client.ts";
import type { ClusterState, ClusterType } from "../../../prisma/generated/enums.ts";
import { type ClusterSelector, livingWhere, selectorWhere } from "../../shared/fleet/selector.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { Window } from "../../shared/kernel/time-range.ts";
import { WORST_FIRST } from "./health.score.ts";

/** What the checks of one step found; shares are of 1, and null where nothing could be asked or is configured. */
export interface Bucket {
  at: Date;
  checks: number;
  state: ClusterState;
  healthScore: number | null;
  availability: number | null;
  prometheusAvailability: number | null;
  tempoAvailability: number | null;
  lokiAvailability: number | null;
  alertmanagerAvailability: number | null;
}

/** A cluster of the fleet, with its health. */
export interface FleetRow {
  id: string;
  name: string;
  clusterType: ClusterType;
  state: ClusterState;
  healthScore: number | null;
  lastError: string | null;
  createdAt: Date;
  checkedAt: Date | null;
  stateSince: Date | null;
}

const FLEET = {
  id: true,
  name: true,
  clusterType: true,
  state: true,
  healthScore: true,
  lastError: true,
  createdAt: true,
  checkedAt: true,
  stateSince: true,
} as const;

type Row = Omit<Bucket, "at" | "state"> & { clusterId: string; bucket: number; worst: number };

/** The samples of the checks, in the database. Whoever asks for a cluster's has made sure that it may be seen. */
export class HealthHistoryRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** In the order asked, and of each cluster in time's; one statement. A step without a check has no bucket. */
  async buckets(clusterIds: readonly string[], { start, end, step }: Window): Promise<Bucket[][]> {
    // Nothing is older than 1970, and PostgreSQL does not know all of a Date's years.
    const rows = await this.#prisma.$queryRaw<Row[]>`
      SELECT cluster_id::text AS "clusterId", (floor(extract(epoch FROM at) / ${step}::float8) * ${step}::float8)::float8 AS bucket,
        count(*)::int AS checks, min(array_position(${WORST_FIRST}::text[], state::text))::int AS worst,
        avg(health_score) FILTER (WHERE state <> 'UNKNOWN')::float8 AS "healthScore",
        avg(api_server_healthy::int) FILTER (WHERE state <> 'UNKNOWN')::float8 AS availability,
        avg(prometheus_healthy::int)::float8 AS "prometheusAvailability",
        avg(tempo_healthy::int)::float8 AS "tempoAvailability",
        avg(loki_healthy::int)::float8 AS "lokiAvailability",
        avg(alertmanager_healthy::int)::float8 AS "alertmanagerAvailability"
      FROM health_samples
      WHERE cluster_id = ANY(${clusterIds}::uuid[])
        AND at >= to_timestamp(${Math.max(0, start)}::float8) AND at < to_timestamp(${Math.max(0, end + step)}::float8)
      GROUP BY 1, 2 ORDER BY 1, 2`;
    const byCluster = Map.groupBy(rows, ({ clusterId }) => clusterId);
    return clusterIds.map((id) => (byCluster.get(id) ?? []).map(toBucket));
  }

  /** Every selected cluster, by name; one statement. */
  async fleet(identity: Identity, selector: ClusterSelector): Promise<FleetRow[]> {
    return await this.#prisma.cluster.findMany({
      where: { AND: [livingWhere(identity), ...selectorWhere(selector)] },
      select: FLEET,
      orderBy: { name: "asc" },
    });
  }

  /** Removes a batch of what is older. @returns how many */
  async prune(before: Date, batch: number): Promise<number> {
    return await this.#prisma.$executeRaw`
      DELETE FROM health_samples WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM health_samples WHERE at < ${before}::timestamptz LIMIT ${batch}::int))`;
  }
}

function toBucket(row: Row): Bucket {
  const { clusterId: _clusterId, bucket, worst, ...figures } = row;
  return { ...figures, at: new Date(bucket * 1000), state: WORST_FIRST[worst - 1] ?? "UNKNOWN" };
}
