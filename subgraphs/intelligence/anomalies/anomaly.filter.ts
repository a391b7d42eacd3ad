import { Prisma } from "../../../prisma/generated/client.ts";
import type { AnomalySeverity, AnomalyType, DetectionType } from "../../../prisma/generated/enums.ts";
import { withinSql } from "../../shared/fleet/namespaces.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import type { NamespaceScope } from "../../shared/kernel/namespaces.ts";

/** Which anomalies: those that match every given part. */
export interface AnomalyFilter {
  clusterIds?: readonly string[] | null;
  selector?: ClusterSelector | null;
  severities?: readonly AnomalySeverity[] | null;
  types?: readonly AnomalyType[] | null;
  detectionTypes?: readonly DetectionType[] | null;
  ruleIds?: readonly string[] | null;
  namespaces?: readonly string[] | null;
  metricNames?: readonly string[] | null;
  acknowledged?: boolean | null;
  expected?: boolean | null;
  minScore?: number | null;
  detectedAfter?: Date | null;
  detectedBefore?: Date | null;
}

/** One (`a`) whose series says nothing of a namespace is of none. */
export const seenSql = (seen: NamespaceScope): Prisma.Sql => withinSql(Prisma.sql`a.namespace`, seen);

/**
 * Of these clusters; `a` is the anomaly. The clusters' part of the filter is whoever selects the clusters'.
 * @param seen by whom it is asked.
 */
export function anomalyWhere(clusterIds: readonly string[], filter: AnomalyFilter, seen: NamespaceScope): Prisma.Sql {
  const { severities, types, detectionTypes, ruleIds, namespaces, metricNames } = filter;
  const { acknowledged, expected, minScore, detectedAfter, detectedBefore } = filter;
  const parts = [
    Prisma.sql`a.cluster_id = ANY(${[...clusterIds]}::uuid[])`,
    seenSql(seen),
    severities?.length ? Prisma.sql`a.severity = ANY(${[...severities]}::"AnomalySeverity"[])` : null,
    types?.length ? Prisma.sql`a.anomaly_type = ANY(${[...types]}::"AnomalyType"[])` : null,
    detectionTypes?.length ? Prisma.sql`a.detection_type = ANY(${[...detectionTypes]}::"DetectionType"[])` : null,
    ruleIds?.length ? Prisma.sql`a.rule_id = ANY(${[...ruleIds]}::uuid[])` : null,
    namespaces?.length ? Prisma.sql`a.namespace = ANY(${[...namespaces]}::text[])` : null,
    metricNames?.length ? Prisma.sql`a.metric_name = ANY(${[...metricNames]}::text[])` : null,
    is(acknowledged, Prisma.sql`a.ack_owner IS NOT NULL`),
    is(expected, Prisma.sql`a.expected_by IS NOT NULL`),
    minScore ? Prisma.sql`a.score >= ${minScore}::float8` : null,
    detectedAfter ? Prisma.sql`a.detected_at >= ${detectedAfter}::timestamptz` : null,
    detectedBefore ? Prisma.sql`a.detected_at < ${detectedBefore}::timestamptz` : null,
  ];
  return Prisma.join(
    parts.filter((part) => part !== null),
    " AND ",
  );
}

function is(wanted: boolean | null | undefined, condition: Prisma.Sql): Prisma.Sql | null {
  if (wanted === null || wanted === undefined) return null;
  return wanted ? condition : Prisma.sql`NOT (${condition})`;
}
