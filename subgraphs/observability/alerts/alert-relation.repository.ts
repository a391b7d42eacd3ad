import type { PrismaClient } from "../../../prisma/generated/client.ts";
import type { NamespaceScope } from "../../shared/kernel/namespaces.ts";
import { seenSql } from "./alert.filter.ts";
import { ALERT, type AlertRow, OF_CLUSTER, type Placed } from "./alert.repository.ts";

/** Labels that all of a cluster's alerts share: alike in them, two have nothing in common. */
const TELLS_NOTHING = ["severity", "prometheus", "prometheus_replica", "cluster", "tenant"];
/** Looked at for one alert: those that began nearest to it. */
const CANDIDATES = 200;

type Of<R> = R & { of: string };

/** How alerts belong together. */
export class AlertRelationRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /**
   * Alerts of the same cluster that were active at the same time, and share the pod, the node, the namespace or two labels: those
   * that share most first, then those that began nearest. In the order asked, in one statement.
   */
  async related({ keys, limit }: Placed<string>, seen: NamespaceScope): Promise<AlertRow[][]> {
    const rows = await this.#prisma.$queryRaw<Of<AlertRow>[]>`
      SELECT * FROM (
      SELECT o.id::text AS of, ${ALERT}, row_number() OVER (PARTITION BY o.id
        ORDER BY same_pod DESC, same_node DESC, same_namespace DESC, shared DESC, apart, a.id) AS place
      FROM alerts o CROSS JOIN LATERAL (
        SELECT other.*, (SELECT count(*) FROM jsonb_each_text(o.labels) l
            WHERE other.labels ->> l.key = l.value AND NOT l.key = ANY(${TELLS_NOTHING}::text[])) AS shared,
          coalesce(other.namespace = o.namespace AND other.pod = o.pod, false) AS same_pod,
          coalesce(other.node = o.node, false) AS same_node, coalesce(other.namespace = o.namespace, false) AS same_namespace,
          greatest(other.starts_at, o.starts_at) - least(other.starts_at, o.starts_at) AS apart
        FROM (
          SELECT id FROM alerts WHERE cluster_id = o.cluster_id AND id <> o.id AND state <> 'PENDING'
            AND (o.ends_at IS NULL OR starts_at <= o.ends_at) AND (ends_at IS NULL OR ends_at >= o.starts_at)
          ORDER BY greatest(starts_at, o.starts_at) - least(starts_at, o.starts_at) LIMIT ${CANDIDATES}::int
        ) near JOIN alerts other ON other.id = near.id
      ) a ${OF_CLUSTER}
      WHERE o.id = ANY(${[...keys]}::uuid[]) AND ${seenSql(seen)} AND (same_pod OR same_node OR same_namespace OR shared >= 2)
      ) ranked WHERE place <= ${limit}::int ORDER BY place`;
    return grouped(rows, keys);
  }

  /** Every occurrence of the same alert, the latest first, and how many there are; in the order asked, in one statement. */
  async occurrences(
    { keys, limit }: Placed<string>,
    seen: NamespaceScope,
  ): Promise<{ total: number; rows: AlertRow[] }[]> {
    const rows = await this.#prisma.$queryRaw<Of<AlertRow & { total: number }>[]>`
      SELECT * FROM (
        SELECT o.id::text AS of, ${ALERT}, count(*) OVER mine::int AS total,
          row_number() OVER (mine ORDER BY a.starts_at DESC) AS place
        FROM alerts o JOIN alerts a
          ON a.cluster_id = o.cluster_id AND a.ha_group = o.ha_group AND a.fingerprint = o.fingerprint ${OF_CLUSTER}
        WHERE o.id = ANY(${[...keys]}::uuid[]) AND ${seenSql(seen)}
        WINDOW mine AS (PARTITION BY o.id)
      ) ranked WHERE place <= ${limit}::int ORDER BY place`;
    return grouped(rows, keys).map((own) => ({ total: own[0]?.total ?? 0, rows: own }));
  }
}

function grouped<R>(rows: readonly Of<R>[], keys: readonly string[]): Of<R>[][] {
  const byAlert = Map.groupBy(rows, ({ of }) => of);
  return keys.map((id) => byAlert.get(id) ?? []);
}
