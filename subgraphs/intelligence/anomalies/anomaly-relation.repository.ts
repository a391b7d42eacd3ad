import { Prisma, type PrismaClient } from "../../../prisma/generated/client.ts";
import { withinSql } from "../../shared/fleet/namespaces.ts";
import type { NamespaceScope } from "../../shared/kernel/namespaces.ts";
import { seenSql } from "./anomaly.filter.ts";
import { ANOMALY, type AnomalyRow } from "./anomaly.repository.ts";

/** Where something is: alike in one of these, two may be about the same. */
const PLACES = ["namespace", "pod", "node", "service", "deployment", "container", "job", "instance"];
/** Two that are not further apart belong to the same time. */
const MARGIN = Prisma.sql`interval '15 minutes'`;
/** Looked at for one: those that began nearest to it. */
const CANDIDATES = 200;

/** A stretch of time in a cluster, and what it is about. */
export interface Occasion {
  clusterId: string;
  start: Date;
  end: Date;
  labels: Readonly<Record<string, string>>;
}

export interface RelatedAlert {
  id: string;
  alertname: string;
}

/** Labels of places that two have alike, and those that both have. */
const alike = (a: Prisma.Sql, b: Prisma.Sql): Prisma.Sql => Prisma.sql`
  (SELECT count(*) FILTER (WHERE (${a} ->> place) = (${b} ->> place)) AS shared, count((${a} ->> place) || (${b} ->> place)) AS common
    FROM unnest(${PLACES}::text[]) place)`;
/** What shares no place is related only where nothing says that it is somewhere else. */
const IS_RELATED = Prisma.sql`(shared > 0 OR common = 0)`;

/** Which alerts and anomalies belong together: of one cluster, at the same time, and alike in their places. */
export class AnomalyRelationRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** Those that share most places first, then those that began nearest. In the order asked, in one statement. */
  async alertsNear(occasions: readonly Occasion[], limit: number, seen: NamespaceScope): Promise<RelatedAlert[][]> {
    const asked = occasions.map((occasion, of) => ({ of, ...occasion }));
    const rows = await this.#prisma.$queryRaw<(RelatedAlert & { of: number })[]>`
      SELECT of, id, alertname FROM (
        SELECT k.of, a.id::text AS id, a.alertname, row_number() OVER (PARTITION BY k.of ORDER BY shared DESC, apart, a.id) AS place
        FROM jsonb_to_recordset(${JSON.stringify(asked)}::jsonb)
          AS k(of int, "clusterId" uuid, start timestamptz, "end" timestamptz, labels jsonb)
        CROSS JOIN LATERAL (
          SELECT id, alertname, labels, namespace, greatest(starts_at, k.start) - least(starts_at, k.start) AS apart
          FROM alerts WHERE cluster_id = k."clusterId" AND state <> 'PENDING' AND starts_at <= k.end + ${MARGIN}
            AND (ends_at IS NULL OR ends_at >= k.start - ${MARGIN})
          ORDER BY apart LIMIT ${CANDIDATES}::int
        ) a CROSS JOIN LATERAL ${alike(Prisma.sql`k.labels`, Prisma.sql`a.labels`)} alike
        WHERE ${IS_RELATED} AND ${seenSql(seen)}
      ) ranked WHERE place <= ${limit}::int ORDER BY place`;
    const byOccasion = Map.groupBy(rows, ({ of }) => of);
    return occasions.map((_, of) => byOccasion.get(of) ?? []);
  }

  /** Of alerts, by their ids; as above. */
  async anomaliesOf(alertIds: readonly string[], limit: number, seen: NamespaceScope): Promise<AnomalyRow[][]> {
    const rows = await this.#prisma.$queryRaw<(AnomalyRow & { of: string })[]>`
      SELECT * FROM (
        SELECT o.id::text AS of, ${ANOMALY}, row_number() OVER (PARTITION BY o.id ORDER BY shared DESC, apart, a.id) AS place
        FROM alerts o CROSS JOIN LATERAL (
          SELECT *, greatest(started_at, o.starts_at) - least(started_at, o.starts_at) AS apart
          FROM anomalies WHERE cluster_id = o.cluster_id AND detected_at >= o.starts_at - ${MARGIN}
            AND (o.ends_at IS NULL OR started_at <= o.ends_at + ${MARGIN})
          ORDER BY apart LIMIT ${CANDIDATES}::int
        ) a CROSS JOIN LATERAL ${alike(Prisma.sql`o.labels`, Prisma.sql`a.labels`)} alike
        JOIN clusters c ON c.id = a.cluster_id
        WHERE o.id = ANY(${[...alertIds]}::uuid[]) AND ${IS_RELATED} AND ${seenSql(seen)} AND ${withinSql(Prisma.sql`o.namespace`, seen)}
      ) ranked WHERE place <= ${limit}::int ORDER BY place`;
    const byAlert = Map.groupBy(rows, ({ of }) => of);
    return alertIds.map((id) => byAlert.get(id) ?? []);
  }
}
