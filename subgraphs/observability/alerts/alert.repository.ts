import { Prisma, type PrismaClient } from "../../../prisma/generated/client.ts";
import type { AlertSeverity, AlertState } from "../../../prisma/generated/enums.ts";
import type { NamespaceScope } from "../../shared/kernel/namespaces.ts";
import type { PageRequest } from "../../shared/kernel/page.ts";
import { ACTIVE, STALE_SINCE, seenSql } from "./alert.filter.ts";

/** An alert as it is kept, with what is known of its cluster. */
export interface AlertRow {
  id: string;
  clusterId: string;
  clusterName: string;
  fingerprint: string;
  alertname: string;
  severity: AlertSeverity;
  state: AlertState;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  namespace: string | null;
  pod: string | null;
  node: string | null;
  startsAt: Date;
  endsAt: Date | null;
  generatorUrl: string | null;
  silencedBy: string[];
  inhibitedBy: string[];
  staleSince: Date | null;
  ackOwner: string | null;
  ackNote: string | null;
  ackAt: Date | null;
  ackUntil: Date | null;
}

export interface AlertOrderBy {
  field: "SEVERITY" | "STARTS_AT" | "ALERTNAME" | "CLUSTER" | "UPDATED_AT";
  direction: "ASC" | "DESC";
}

/** What is wanted of each of many. */
export interface Placed<K> {
  /** Its place in the list of what was asked about. */
  keys: readonly K[];
  limit: number;
}

export const ALERT = Prisma.sql`a.id::text AS id, a.cluster_id::text AS "clusterId", c.name AS "clusterName", a.fingerprint,
  a.alertname, a.severity::text AS severity, a.state::text AS state, a.labels, a.annotations, a.namespace, a.pod, a.node,
  a.starts_at AS "startsAt", a.ends_at AS "endsAt", a.generator_url AS "generatorUrl", a.silenced_by AS "silencedBy",
  a.inhibited_by AS "inhibitedBy", ${STALE_SINCE} AS "staleSince", a.ack_owner AS "ackOwner", a.ack_note AS "ackNote",
  a.ack_at AS "ackAt", a.ack_until AS "ackUntil"`;
export const OF_CLUSTER = Prisma.sql`JOIN clusters c ON c.id = a.cluster_id LEFT JOIN alert_sources s ON s.cluster_id = a.cluster_id`;

/** The enum's order is from worst to best: descending, as people say it, is from the worst on. */
const SORTED: Record<AlertOrderBy["field"], Record<AlertOrderBy["direction"], string>> = {
  SEVERITY: { DESC: "a.severity ASC, a.starts_at DESC", ASC: "a.severity DESC, a.starts_at DESC" },
  STARTS_AT: { DESC: "a.starts_at DESC", ASC: "a.starts_at ASC" },
  ALERTNAME: { DESC: "a.alertname DESC, a.starts_at DESC", ASC: "a.alertname ASC, a.starts_at DESC" },
  CLUSTER: {
    DESC: "c.name DESC, a.severity ASC, a.starts_at DESC",
    ASC: "c.name ASC, a.severity ASC, a.starts_at DESC",
  },
  UPDATED_AT: { DESC: "a.updated_at DESC", ASC: "a.updated_at ASC" },
};
const WORST_FIRST: AlertOrderBy = { field: "SEVERITY", direction: "DESC" };

const orderSql = ({ field, direction }: AlertOrderBy): Prisma.Sql => Prisma.raw(`${SORTED[field][direction]}, a.id`);

/** Alerts as the database has them. Whoever asks has made sure which clusters may be seen. */
export class AlertRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  async page(where: Prisma.Sql, orderBy: AlertOrderBy, { page, pageSize }: PageRequest) {
    const [rows, [counted]] = await Promise.all([
      this.#prisma.$queryRaw<AlertRow[]>`
        SELECT ${ALERT} FROM alerts a ${OF_CLUSTER} WHERE ${where} ORDER BY ${orderSql(orderBy)}
        LIMIT ${pageSize}::int OFFSET ${(page - 1) * pageSize}::bigint`,
      this.#prisma.$queryRaw<{ total: number }[]>`
        SELECT count(*)::int AS total FROM alerts a LEFT JOIN alert_sources s ON s.cluster_id = a.cluster_id WHERE ${where}`,
    ]);
    return { rows, total: counted?.total ?? 0 };
  }

  /** In the order asked, in one statement; null for what is not there, of another tenant, or of a namespace that is not seen. */
  async byIds(tenantId: string, ids: readonly string[], seen: NamespaceScope): Promise<(AlertRow | null)[]> {
    const rows = await this.#prisma.$queryRaw<AlertRow[]>`
      SELECT ${ALERT} FROM alerts a ${OF_CLUSTER} WHERE a.tenant_id = ${tenantId} AND a.id = ANY(${[...ids]}::uuid[])
        AND ${seenSql(seen)}`;
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** A page of each cluster's, worst first, in the order asked and in one statement. */
  async pagesOf(clusterIds: readonly string[], where: Prisma.Sql, { page, pageSize }: PageRequest) {
    const from = (page - 1) * pageSize;
    // The first row of each comes too, for its count: a page beyond the last has no row of its own. Ranked by id, since labels are long.
    const rows = await this.#prisma.$queryRaw<(AlertRow & { place: number; total: number })[]>`
      WITH ranked AS MATERIALIZED (
        SELECT a.id, row_number() OVER (PARTITION BY a.cluster_id ORDER BY ${orderSql(WORST_FIRST)})::int AS place,
          count(*) OVER (PARTITION BY a.cluster_id)::int AS total
        FROM alerts a LEFT JOIN alert_sources s ON s.cluster_id = a.cluster_id WHERE ${where}
      )
      SELECT ${ALERT}, place, total FROM ranked JOIN alerts a ON a.id = ranked.id ${OF_CLUSTER}
      WHERE place = 1 OR place > ${from}::bigint AND place <= ${from + pageSize}::bigint ORDER BY place`;
    const byCluster = Map.groupBy(rows, ({ clusterId }) => clusterId);
    return clusterIds.map((id) => {
      const own = byCluster.get(id) ?? [];
      return { rows: own.filter(({ place }) => place > from), total: own[0]?.total ?? 0 };
    });
  }

  /** Those active of each pod, node or GPU, worst first, in the order asked and in one statement. Only a pod has a namespace. */
  async activeOf(
    kind: "pod" | "node" | "gpu",
    { keys, limit }: Placed<{ clusterId: string; namespace: string | null; name: string }>,
    seen: NamespaceScope,
  ): Promise<AlertRow[][]> {
    const named = {
      pod: Prisma.sql`a.namespace = k.namespace AND a.pod = k.name`,
      node: Prisma.sql`a.node = k.name`,
      // As exporters label a device, old and new.
      gpu: Prisma.sql`a.label_pairs && ARRAY['UUID=' || k.name, 'uuid=' || k.name, 'gpu_uuid=' || k.name]`,
    }[kind];
    const rows = await this.#prisma.$queryRaw<(AlertRow & { of: number })[]>`
      SELECT * FROM (
        SELECT ${ALERT}, k.of::int, row_number() OVER (PARTITION BY k.of ORDER BY ${orderSql(WORST_FIRST)}) AS place
        FROM unnest(${keys.map(({ clusterId }) => clusterId)}::uuid[], ${keys.map(({ namespace }) => namespace)}::text[],
          ${keys.map(({ name }) => name)}::text[]) WITH ORDINALITY AS k(cluster_id, namespace, name, of)
        JOIN alerts a ON a.cluster_id = k.cluster_id AND ${named} AND ${seenSql(seen)} AND a.state = ANY(${[...ACTIVE]}::"AlertState"[]) ${OF_CLUSTER}
      ) ranked WHERE place <= ${limit}::int ORDER BY of, place`;
    const byKey = Map.groupBy(rows, ({ of }) => of - 1);
    return keys.map((_, index) => byKey.get(index) ?? []);
  }
}
