import { Prisma, type PrismaClient } from "../../../prisma/generated/client.ts";
import type { NamespaceScope } from "../../shared/kernel/namespaces.ts";
import type { PageRequest } from "../../shared/kernel/page.ts";
import type { Matcher } from "../../shared/upstreams/alertmanager/matcher.ts";
import { ACTIVE, acknowledgedSql, seenSql } from "./alert.filter.ts";
import { matchersSql } from "./matcher.filter.ts";

export interface Counts {
  total: number;
  firing: number;
  pending: number;
  critical: number;
  warning: number;
  info: number;
  acknowledged: number;
  silenced: number;
  inhibited: number;
}

export const NONE: Counts = {
  total: 0,
  firing: 0,
  pending: 0,
  critical: 0,
  warning: 0,
  info: 0,
  acknowledged: 0,
  silenced: 0,
  inhibited: 0,
};

/** What alerts are grouped by; a label's name otherwise. */
const COLUMNS = {
  CLUSTER: Prisma.sql`a.cluster_id::text`,
  SEVERITY: Prisma.sql`a.severity::text`,
  NAMESPACE: Prisma.sql`a.namespace`,
  ALERTNAME: Prisma.sql`a.alertname`,
};
export type GroupKey = keyof typeof COLUMNS;

export interface Group {
  /** By the names asked for, in their order; null where an alert has none. */
  values: (string | null)[];
  counts: Counts;
  clusters: number;
  oldest: Date;
  latest: Date;
}

type GroupRow = Counts & Omit<Group, "counts">;

const counted = (now: Date): Prisma.Sql => Prisma.sql`count(*)::int AS total,
  count(*) FILTER (WHERE a.state = 'FIRING')::int AS firing, count(*) FILTER (WHERE a.state = 'PENDING')::int AS pending,
  count(*) FILTER (WHERE a.severity = 'CRITICAL')::int AS critical, count(*) FILTER (WHERE a.severity = 'WARNING')::int AS warning,
  count(*) FILTER (WHERE a.severity = 'INFO')::int AS info, count(*) FILTER (WHERE ${acknowledgedSql(now)})::int AS acknowledged,
  count(*) FILTER (WHERE a.silenced_by <> '{}')::int AS silenced, count(*) FILTER (WHERE a.inhibited_by <> '{}')::int AS inhibited`;

/** How many alerts there are. */
export class AlertCountRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** Of those active, by cluster: in the order asked, in one statement. */
  async ofClusters(clusterIds: readonly string[], now: Date, seen: NamespaceScope): Promise<Counts[]> {
    const rows = await this.#prisma.$queryRaw<(Counts & { clusterId: string })[]>`
      SELECT a.cluster_id::text AS "clusterId", ${counted(now)} FROM alerts a
      WHERE a.cluster_id = ANY(${[...clusterIds]}::uuid[]) AND a.state = ANY(${[...ACTIVE]}::"AlertState"[]) AND ${seenSql(seen)}
      GROUP BY 1`;
    const byCluster = new Map(rows.map(({ clusterId, ...counts }) => [clusterId, counts]));
    return clusterIds.map((id) => byCluster.get(id) ?? NONE);
  }

  /** Those that fire and match, of each cluster that has any. */
  async firing(where: Prisma.Sql): Promise<Map<string, number>> {
    const rows = await this.#prisma.$queryRaw<{ clusterId: string; total: number }[]>`
      SELECT a.cluster_id::text AS "clusterId", count(*)::int AS total
      FROM alerts a LEFT JOIN alert_sources s ON s.cluster_id = a.cluster_id WHERE ${where} GROUP BY 1`;
    return new Map(rows.map(({ clusterId, total }) => [clusterId, total]));
  }

  /** How many fire in a cluster that its matchers select, for each: in the order asked, in one statement. */
  async matching(
    asked: readonly { clusterId: string; matchers: readonly Matcher[] }[],
    seen: NamespaceScope,
  ): Promise<number[]> {
    if (asked.length === 0) return [];
    const each = asked.map(
      ({ clusterId, matchers }, index) => Prisma.sql`SELECT ${index}::int AS of, count(*)::int AS total FROM alerts a
        WHERE a.cluster_id = ${clusterId}::uuid AND a.state = 'FIRING' AND ${matchersSql(matchers)} AND ${seenSql(seen)}`,
    );
    const rows = await this.#prisma.$queryRaw<{ of: number; total: number }[]>`${Prisma.join(each, " UNION ALL ")}`;
    const byPlace = new Map(rows.map(({ of, total }) => [of, total]));
    return asked.map((_, index) => byPlace.get(index) ?? 0);
  }

  /** The largest groups first; by nothing, all of them are one. */
  async groups(
    where: Prisma.Sql,
    by: { keys: readonly GroupKey[]; labels: readonly string[] },
    { page, pageSize }: PageRequest,
    now: Date,
  ): Promise<{ groups: Group[]; total: number }> {
    const values = [
      ...by.keys.map((key) => COLUMNS[key]),
      ...by.labels.map((name) => Prisma.sql`a.labels ->> ${name}::text`),
    ];
    const rows = await this.#prisma.$queryRaw<((GroupRow | { [K in keyof GroupRow]: null }) & { groups: number })[]>`
      WITH groups AS MATERIALIZED (
        SELECT ARRAY[${values.length > 0 ? Prisma.join(values) : Prisma.empty}]::text[] AS values, ${counted(now)}, count(DISTINCT a.cluster_id)::int AS clusters,
          min(a.starts_at) AS oldest, max(a.starts_at) AS latest
        FROM alerts a LEFT JOIN alert_sources s ON s.cluster_id = a.cluster_id WHERE ${where} GROUP BY 1
      )
      SELECT * FROM (SELECT count(*)::int AS groups FROM groups) counted LEFT JOIN (
        SELECT * FROM groups ORDER BY total DESC, values LIMIT ${pageSize}::int OFFSET ${(page - 1) * pageSize}::bigint
      ) asked ON true ORDER BY total DESC, values`;
    return {
      total: rows[0]?.groups ?? 0,
      groups: rows.flatMap(({ groups: _groups, ...row }) => {
        // A page beyond the last has the number of groups alone.
        if (row.values === null) return [];
        const { values, clusters, oldest, latest, ...counts } = row;
        return [{ values, clusters, oldest, latest, counts }];
      }),
    };
  }
}
