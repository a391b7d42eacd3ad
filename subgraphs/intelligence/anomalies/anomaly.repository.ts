import { Prisma, type PrismaClient } from "../../../prisma/generated/client.ts";
import type { AnomalySeverity, AnomalyType, DetectionType } from "../../../prisma/generated/enums.ts";
import { labelPairs } from "../../shared/fleet/label-selector.ts";
import type { NamespaceScope } from "../../shared/kernel/namespaces.ts";
import type { PageRequest } from "../../shared/kernel/page.ts";
import { seenSql } from "./anomaly.filter.ts";

/** An anomaly as it was found. */
export interface NewAnomaly {
  id: string;
  tenantId: string;
  clusterId: string;
  ruleId: string | null;
  seriesKey: string;
  metricName: string;
  query: string;
  stepSeconds: number;
  labels: Record<string, string>;
  namespace: string | null;
  detectionType: DetectionType;
  anomalyType: AnomalyType;
  severity: AnomalySeverity;
  confidenceScore: number;
  score: number;
  statistic: string;
  expectedValue: number | null;
  expectedLow: number | null;
  expectedHigh: number | null;
  actualValue: number;
  deviationPercent: number | null;
  explanation: string;
  judgement: string | null;
  model: string | null;
  startedAt: Date;
  detectedAt: Date;
  notified: boolean;
}

/** With what people said of it since. */
export interface AnomalyRow extends Omit<NewAnomaly, "tenantId"> {
  clusterName: string;
  ackOwner: string | null;
  ackNote: string | null;
  ackAt: Date | null;
  expectedBy: string | null;
  expectedNote: string | null;
  expectedAt: Date | null;
  mutedUntil: Date | null;
  /** Null for what is not kept: somebody only asked. */
  createdAt: Date | null;
}

export interface AnomalyOrderBy {
  field: "DETECTED_AT" | "SCORE" | "SEVERITY";
  direction: "ASC" | "DESC";
}

export const ANOMALY = Prisma.sql`a.id::text AS id, a.cluster_id::text AS "clusterId", c.name AS "clusterName",
  a.rule_id::text AS "ruleId", a.series_key AS "seriesKey", a.metric_name AS "metricName", a.query,
  a.step_seconds AS "stepSeconds", a.labels, a.namespace, a.detection_type::text AS "detectionType",
  a.anomaly_type::text AS "anomalyType", a.severity::text AS severity, a.confidence_score AS "confidenceScore", a.score,
  a.statistic, a.expected_value AS "expectedValue", a.expected_low AS "expectedLow", a.expected_high AS "expectedHigh",
  a.actual_value AS "actualValue", a.deviation_percent AS "deviationPercent", a.explanation, a.judgement, a.model,
  a.started_at AS "startedAt", a.detected_at AS "detectedAt", a.notified, a.ack_owner AS "ackOwner", a.ack_note AS "ackNote",
  a.ack_at AS "ackAt", a.expected_by AS "expectedBy", a.expected_note AS "expectedNote", a.expected_at AS "expectedAt",
  a.muted_until AS "mutedUntil", a.created_at AS "createdAt"`;

/** The severities' order is from worst to best: descending, as people say it, is from the worst on. */
const SORTED: Record<AnomalyOrderBy["field"], Record<AnomalyOrderBy["direction"], string>> = {
  DETECTED_AT: { DESC: "a.detected_at DESC", ASC: "a.detected_at ASC" },
  SCORE: { DESC: "a.score DESC, a.detected_at DESC", ASC: "a.score ASC, a.detected_at DESC" },
  SEVERITY: {
    DESC: "a.severity ASC, a.score DESC, a.detected_at DESC",
    ASC: "a.severity DESC, a.score ASC, a.detected_at DESC",
  },
};
const LATEST_FIRST: AnomalyOrderBy = { field: "DETECTED_AT", direction: "DESC" };

const orderSql = ({ field, direction }: AnomalyOrderBy): Prisma.Sql => Prisma.raw(`${SORTED[field][direction]}, a.id`);

/** An index entry has room for as many. */
const MOST_OF_A_PAIR = 500;

/** Anomalies as the database has them. Whoever asks has made sure which clusters may be seen. */
export class AnomalyRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  async page(where: Prisma.Sql, orderBy: AnomalyOrderBy, { page, pageSize }: PageRequest) {
    const [rows, [counted]] = await Promise.all([
      this.#prisma.$queryRaw<AnomalyRow[]>`
        SELECT ${ANOMALY} FROM anomalies a JOIN clusters c ON c.id = a.cluster_id WHERE ${where} ORDER BY ${orderSql(orderBy)}
        LIMIT ${pageSize}::int OFFSET ${(page - 1) * pageSize}::bigint`,
      this.#prisma.$queryRaw<{ total: number }[]>`SELECT count(*)::int AS total FROM anomalies a WHERE ${where}`,
    ]);
    return { rows, total: counted?.total ?? 0 };
  }

  /** In the order asked, in one statement; null for what is not there, of another tenant, or of a namespace that is not seen. */
  async byIds(tenantId: string, ids: readonly string[], seen: NamespaceScope): Promise<(AnomalyRow | null)[]> {
    const rows = await this.#prisma.$queryRaw<AnomalyRow[]>`
      SELECT ${ANOMALY} FROM anomalies a JOIN clusters c ON c.id = a.cluster_id
      WHERE a.tenant_id = ${tenantId} AND a.id = ANY(${[...ids]}::uuid[]) AND ${seenSql(seen)}`;
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** A page of each cluster's, the latest first, in the order asked and in one statement. */
  async pagesOf(clusterIds: readonly string[], where: Prisma.Sql, { page, pageSize }: PageRequest) {
    const from = (page - 1) * pageSize;
    // The first row of each comes too, for its count: a page beyond the last has no row of its own.
    const rows = await this.#prisma.$queryRaw<(AnomalyRow & { place: number; total: number })[]>`
      WITH ranked AS MATERIALIZED (
        SELECT a.id, row_number() OVER (PARTITION BY a.cluster_id ORDER BY ${orderSql(LATEST_FIRST)})::int AS place,
          count(*) OVER (PARTITION BY a.cluster_id)::int AS total
        FROM anomalies a WHERE ${where}
      )
      SELECT ${ANOMALY}, place, total FROM ranked JOIN anomalies a ON a.id = ranked.id JOIN clusters c ON c.id = a.cluster_id
      WHERE place = 1 OR place > ${from}::bigint AND place <= ${from + pageSize}::bigint ORDER BY place`;
    const byCluster = Map.groupBy(rows, ({ clusterId }) => clusterId);
    return clusterIds.map((id) => {
      const own = byCluster.get(id) ?? [];
      return { rows: own.filter(({ place }) => place > from), total: own[0]?.total ?? 0 };
    });
  }

  /** Several in one statement. @returns the ids of those that were not there before. */
  async insert(
    tx: Pick<Prisma.TransactionClient, "$queryRaw">,
    anomalies: readonly NewAnomaly[],
    now: Date,
  ): Promise<ReadonlySet<string>> {
    if (anomalies.length === 0) return new Set();
    const rows = anomalies.map(({ labels, ...rest }) => ({
      ...rest,
      labels,
      labelPairs: labelPairs(labels).map((pair) => pair.slice(0, MOST_OF_A_PAIR)),
    }));
    const inserted = await tx.$queryRaw<{ id: string }[]>`
      INSERT INTO anomalies (id, tenant_id, cluster_id, rule_id, series_key, metric_name, query, step_seconds, labels, label_pairs,
        namespace, detection_type, anomaly_type, severity, confidence_score, score, statistic, expected_value, expected_low,
        expected_high, actual_value, deviation_percent, explanation, judgement, model, started_at, detected_at, notified, created_at)
      SELECT id, "tenantId", "clusterId", "ruleId", "seriesKey", "metricName", query, "stepSeconds", labels, "labelPairs",
        namespace, "detectionType", "anomalyType", severity, "confidenceScore", score, statistic, "expectedValue", "expectedLow",
        "expectedHigh", "actualValue", "deviationPercent", explanation, judgement, model, "startedAt", "detectedAt", notified,
        ${now}::timestamptz
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS found(id uuid, "tenantId" text, "clusterId" uuid, "ruleId" uuid,
        "seriesKey" text, "metricName" text, query text, "stepSeconds" int, labels jsonb, "labelPairs" text[], namespace text,
        "detectionType" "DetectionType", "anomalyType" "AnomalyType", severity "AnomalySeverity", "confidenceScore" float8,
        score float8, statistic text, "expectedValue" float8, "expectedLow" float8, "expectedHigh" float8, "actualValue" float8,
        "deviationPercent" float8, explanation text, judgement text, model text, "startedAt" timestamptz,
        "detectedAt" timestamptz, notified boolean)
      ON CONFLICT DO NOTHING RETURNING id::text`;
    return new Set(inserted.map(({ id }) => id));
  }
}
