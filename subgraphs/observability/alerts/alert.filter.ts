import { Prisma } from "../../../prisma/generated/client.ts";
import type { AlertSeverity, AlertState } from "../../../prisma/generated/enums.ts";
import { withinSql } from "../../shared/fleet/namespaces.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import { escapeLike } from "../../shared/kernel/escapes.ts";
import type { NamespaceScope } from "../../shared/kernel/namespaces.ts";
import { parseMatcher } from "../../shared/upstreams/alertmanager/matcher.ts";
import { matchersSql } from "./matcher.filter.ts";

/** Which alerts: those that match every given part. */
export interface AlertFilter {
  clusterIds?: readonly string[] | null;
  selector?: ClusterSelector | null;
  severities?: readonly AlertSeverity[] | null;
  states?: readonly AlertState[] | null;
  matchers?: readonly string[] | null;
  alertnames?: readonly string[] | null;
  namespaces?: readonly string[] | null;
  acknowledged?: boolean | null;
  silenced?: boolean | null;
  inhibited?: boolean | null;
  stale?: boolean | null;
  startsAfter?: Date | null;
  startsBefore?: Date | null;
  search?: string | null;
}

export const ACTIVE: readonly AlertState[] = ["FIRING", "PENDING"];
export const ANY_STATE: readonly AlertState[] = ["FIRING", "PENDING", "RESOLVED"];

/**
 * Of these clusters; `a` is the alert, and `s` its source. The clusters' part of the filter is whoever selects the clusters'.
 * @param seen by whom it is asked.
 */
export function alertWhere(
  clusterIds: readonly string[],
  filter: AlertFilter,
  { now, states, seen }: { now: Date; states: readonly AlertState[]; seen: NamespaceScope },
): Prisma.Sql {
  const { severities, alertnames, namespaces, acknowledged, silenced, inhibited, stale } = filter;
  const { matchers, startsAfter, startsBefore, search } = filter;
  const parts = [
    Prisma.sql`a.cluster_id = ANY(${[...clusterIds]}::uuid[])`,
    seenSql(seen),
    Prisma.sql`a.state = ANY(${[...(filter.states?.length ? filter.states : states)]}::"AlertState"[])`,
    severities?.length ? Prisma.sql`a.severity = ANY(${[...severities]}::"AlertSeverity"[])` : null,
    alertnames?.length ? Prisma.sql`a.alertname = ANY(${[...alertnames]}::text[])` : null,
    namespaces?.length ? Prisma.sql`a.namespace = ANY(${[...namespaces]}::text[])` : null,
    matchers?.length ? matchersSql(matchers.map(parseMatcher)) : null,
    is(acknowledged, acknowledgedSql(now)),
    is(silenced, Prisma.sql`a.silenced_by <> '{}'`),
    is(inhibited, Prisma.sql`a.inhibited_by <> '{}'`),
    is(stale, Prisma.sql`(${STALE_SINCE}) IS NOT NULL`),
    startsAfter ? Prisma.sql`a.starts_at >= ${startsAfter}::timestamptz` : null,
    startsBefore ? Prisma.sql`a.starts_at < ${startsBefore}::timestamptz` : null,
    search ? contains(search) : null,
  ];
  return Prisma.join(
    parts.filter((part) => part !== null),
    " AND ",
  );
}

/** An alert (`a`) that says nothing of a namespace is of none. */
export const seenSql = (seen: NamespaceScope): Prisma.Sql => withinSql(Prisma.sql`a.namespace`, seen);

/** Only what fires can be stale: what is over stays so, and what is pending is told by another. */
export const STALE_SINCE = Prisma.sql`CASE WHEN a.state = 'FIRING' THEN s.stale_since END`;

export const acknowledgedSql = (now: Date): Prisma.Sql =>
  Prisma.sql`(a.ack_owner IS NOT NULL AND (a.ack_until IS NULL OR a.ack_until > ${now}::timestamptz))`;

/** That it was active at some moment of the range. */
export const during = ({ start, end }: { start: Date; end: Date }): Prisma.Sql =>
  Prisma.sql`a.starts_at <= ${end}::timestamptz AND (a.ends_at IS NULL OR a.ends_at >= ${start}::timestamptz)`;

function is(wanted: boolean | null | undefined, condition: Prisma.Sql): Prisma.Sql | null {
  if (wanted === null || wanted === undefined) return null;
  return wanted ? condition : Prisma.sql`NOT ${condition}`;
}

function contains(text: string): Prisma.Sql {
  const like = `%${escapeLike(text)}%`;
  return Prisma.sql`(a.alertname ILIKE ${like}::text OR a.labels::text ILIKE ${like}::text OR a.annotations::text ILIKE ${like}::text)`;
}
