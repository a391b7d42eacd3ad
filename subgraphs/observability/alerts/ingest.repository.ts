import { Prisma } from "../../../prisma/generated/client.ts";
import type { AlertSeverity, AlertState } from "../../../prisma/generated/enums.ts";
import type { AlertWord } from "./alert-word.mapper.ts";

type Transaction = Pick<Prisma.TransactionClient, "$queryRaw" | "$executeRaw">;

/** Whose alerts are written, as they stand while this transaction holds them. */
export interface HeldSource {
  clusterId: string;
  tenantId: string;
  haGroup: string;
  /** When its Alertmanager was last read. */
  polledAt: Date | null;
}

/** An alert that is now in another state than it was. */
export interface Transition {
  id: string;
  /** Null for one that was not known. */
  was: AlertState | null;
  state: AlertState;
  fingerprint: string;
  alertname: string;
  severity: AlertSeverity;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  namespace: string | null;
  pod: string | null;
  node: string | null;
  startsAt: Date;
  endsAt: Date | null;
}

const TRANSITION = Prisma.sql`a.id::text AS id, a.state::text AS state, a.fingerprint, a.alertname, a.severity::text AS severity,
  a.labels, a.annotations, a.namespace, a.pod, a.node, a.starts_at AS "startsAt", a.ends_at AS "endsAt"`;
/** A notification is as late at most: one that says that an alert fires whose end is known for longer tells of it anew. */
const LATE_SECONDS = 15 * 60;
/** That it is told again is written this often at most: whoever is never told that it ended goes by it. */
const HEARD_AGAIN_SECONDS = 60 * 60;
/** Forgotten at once: what is left then, the next reading forgets. */
const MOST_PENDING = 10_000;
/** What ends with an alert: whoever took care of it has done so, and nothing keeps its notifications back. */
const OVER = Prisma.sql`silenced_by = '{}', inhibited_by = '{}', ack_owner = NULL, ack_note = NULL, ack_at = NULL, ack_until = NULL`;

/** Whoever writes a cluster's alerts holds its source's row: of two, the second sees what the first has written. */
export async function holdSource(
  tx: Transaction,
  { id: clusterId, tenantId }: { id: string; tenantId: string },
): Promise<HeldSource> {
  const [row] = await tx.$queryRaw<Pick<HeldSource, "haGroup" | "polledAt">[]>`
    INSERT INTO alert_sources (cluster_id) VALUES (${clusterId}::uuid)
    ON CONFLICT (cluster_id) DO UPDATE SET cluster_id = EXCLUDED.cluster_id
    RETURNING ha_group AS "haGroup", polled_at AS "polledAt"`;
  return { clusterId, tenantId, haGroup: row?.haGroup ?? "default", polledAt: row?.polledAt ?? null };
}

/** The cluster's Alertmanagers are known under another name, since they were started anew: their alerts are the same. */
export async function renameGroup(tx: Transaction, { clusterId, haGroup }: HeldSource, to: string): Promise<void> {
  await tx.$executeRaw`UPDATE alert_sources SET ha_group = ${to} WHERE cluster_id = ${clusterId}::uuid`;
  await tx.$executeRaw`UPDATE alerts SET ha_group = ${to} WHERE cluster_id = ${clusterId}::uuid AND ha_group = ${haGroup}`;
}

/** How words are told, and when they were heard. */
export interface Hearing {
  /** A list of all that fires as it is now; without, one that may have been under way for long. */
  listedAt?: Date | null;
  now: Date;
}

/**
 * Write what is said of alerts, each once, by one statement. A list tells what is so at its moment, whatever was heard before. A
 * notification that an alert fires may be late: it says nothing of one that is known to have ended; and one that an alert ended,
 * nothing of one that was listed since.
 */
export async function writeWords(
  tx: Transaction,
  { clusterId, tenantId, haGroup, polledAt }: HeldSource,
  words: readonly AlertWord[],
  { listedAt = null, now }: Hearing,
): Promise<Transition[]> {
  return await tx.$queryRaw<Transition[]>`
    WITH word AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(words)}::jsonb) AS word(
        fingerprint text, "startsAt" timestamptz, "endsAt" timestamptz, state "AlertState", alertname text, severity "AlertSeverity",
        labels jsonb, "labelPairs" text[], annotations jsonb, namespace text, pod text, node text, "generatorUrl" text,
        "silencedBy" text[], "inhibitedBy" text[], "saidAt" timestamptz)
    ), known AS MATERIALIZED (
      -- Each by the index: as a join, PostgreSQL may compare all with all.
      SELECT a.id, a.state FROM word CROSS JOIN LATERAL (SELECT id, state FROM alerts WHERE cluster_id = ${clusterId}::uuid
        AND ha_group = ${haGroup} AND fingerprint = word.fingerprint AND starts_at = word."startsAt" LIMIT 1) a
    ), written AS (
      INSERT INTO alerts AS a (id, tenant_id, cluster_id, ha_group, fingerprint, alertname, severity, state, labels, label_pairs,
        annotations, namespace, pod, node, starts_at, ends_at, generator_url, silenced_by, inhibited_by, source_at, created_at, updated_at)
      SELECT gen_random_uuid(), ${tenantId}, ${clusterId}::uuid, ${haGroup}, fingerprint, alertname, severity, state, labels,
        "labelPairs", annotations, namespace, pod, node, "startsAt", "endsAt", "generatorUrl", "silencedBy", "inhibitedBy", "saidAt",
        ${now}::timestamptz, ${now}::timestamptz
      FROM word
      ON CONFLICT (cluster_id, ha_group, fingerprint, starts_at) DO UPDATE SET
        state = EXCLUDED.state, annotations = EXCLUDED.annotations, generator_url = EXCLUDED.generator_url,
        ends_at = CASE WHEN EXCLUDED.state = 'RESOLVED' THEN least(a.ends_at, EXCLUDED.ends_at) END,
        silenced_by = CASE WHEN EXCLUDED.state = 'RESOLVED' OR ${listedAt !== null}::boolean THEN EXCLUDED.silenced_by ELSE a.silenced_by END,
        inhibited_by = CASE WHEN EXCLUDED.state = 'RESOLVED' OR ${listedAt !== null}::boolean THEN EXCLUDED.inhibited_by ELSE a.inhibited_by END,
        ack_owner = CASE WHEN EXCLUDED.state = 'FIRING' THEN a.ack_owner END,
        ack_note = CASE WHEN EXCLUDED.state = 'FIRING' THEN a.ack_note END,
        ack_at = CASE WHEN EXCLUDED.state = 'FIRING' THEN a.ack_at END,
        ack_until = CASE WHEN EXCLUDED.state = 'FIRING' THEN a.ack_until END,
        source_at = CASE WHEN a.state = 'RESOLVED' AND EXCLUDED.state = 'FIRING' THEN ${now}::timestamptz
          ELSE greatest(a.source_at, EXCLUDED.source_at) END,
        updated_at = ${now}::timestamptz
      WHERE CASE
        WHEN EXCLUDED.state = 'PENDING' THEN a.state = 'PENDING' AND a.annotations <> EXCLUDED.annotations
        WHEN ${listedAt !== null}::boolean THEN a.updated_at < ${listedAt}::timestamptz
          AND (a.state, a.annotations, a.silenced_by, a.inhibited_by, a.generator_url) IS DISTINCT FROM
            (EXCLUDED.state, EXCLUDED.annotations, EXCLUDED.silenced_by, EXCLUDED.inhibited_by, EXCLUDED.generator_url)
        WHEN EXCLUDED.state = 'FIRING' THEN a.state = 'PENDING'
          OR a.state = 'RESOLVED' AND a.updated_at < ${now}::timestamptz - make_interval(secs => ${LATE_SECONDS}::int)
          OR a.state = 'FIRING' AND ((a.annotations, a.generator_url) IS DISTINCT FROM (EXCLUDED.annotations, EXCLUDED.generator_url)
            OR a.updated_at < ${now}::timestamptz - make_interval(secs => ${HEARD_AGAIN_SECONDS}::int))
        WHEN a.state = 'RESOLVED' THEN EXCLUDED.ends_at < a.ends_at
        ELSE EXCLUDED.source_at >= greatest(a.source_at, ${polledAt}::timestamptz) END
      RETURNING a.*
    )
    SELECT known.state::text AS was, ${TRANSITION} FROM written a LEFT JOIN known ON known.id = a.id
    WHERE known.state IS DISTINCT FROM a.state`;
}

/**
 * What fired and is not among those listed has ended: at the latest now. But an Alertmanager that was started anew has yet to be
 * told again of what it knew: those that fired before are waited for.
 */
export async function resolveUnlisted(
  tx: Transaction,
  source: HeldSource,
  listed: readonly Pick<AlertWord, "fingerprint" | "startsAt">[],
  {
    listedAt,
    now,
    knowsAllFrom,
    most,
  }: { listedAt: Date; now: Date; knowsAllFrom: { startedAt: Date; at: Date }; most: number },
): Promise<Transition[]> {
  const firing = Prisma.sql`state = 'FIRING' AND updated_at < ${listedAt}::timestamptz
    AND (created_at > ${knowsAllFrom.startedAt}::timestamptz OR ${listedAt}::timestamptz >= ${knowsAllFrom.at}::timestamptz)`;
  return await tx.$queryRaw<Transition[]>`
    WITH over AS MATERIALIZED (${unlisted(source, firing, listed, most)})
    UPDATE alerts a SET state = 'RESOLVED', ends_at = greatest(a.starts_at, ${listedAt}::timestamptz), ${OVER},
      source_at = ${listedAt}::timestamptz, updated_at = ${now}::timestamptz
    FROM over WHERE a.id = over.id
    RETURNING 'FIRING' AS was, ${TRANSITION}`;
}

/** What nobody lists, and was not told again for so long, has ended: when it was heard of last, for all that is known. */
export async function resolveUnheard(
  tx: Transaction,
  { clusterId, haGroup }: HeldSource,
  { heardBefore, now, most }: { heardBefore: Date; now: Date; most: number },
): Promise<Transition[]> {
  return await tx.$queryRaw<Transition[]>`
    WITH over AS MATERIALIZED (SELECT id FROM alerts WHERE cluster_id = ${clusterId}::uuid AND ha_group = ${haGroup}
      AND state = 'FIRING' AND updated_at < ${heardBefore}::timestamptz LIMIT ${most}::int)
    UPDATE alerts a SET state = 'RESOLVED', ends_at = greatest(a.starts_at, a.updated_at), ${OVER},
      source_at = ${now}::timestamptz, updated_at = ${now}::timestamptz
    FROM over WHERE a.id = over.id
    RETURNING 'FIRING' AS was, ${TRANSITION}`;
}

/** The ids of those that are not listed: in a way that leaves PostgreSQL no choice to compare each alert with each of the list. */
const unlisted = (
  { clusterId, haGroup }: HeldSource,
  which: Prisma.Sql,
  listed: readonly Pick<AlertWord, "fingerprint" | "startsAt">[],
  most: number,
): Prisma.Sql => Prisma.sql`
  SELECT id FROM (
    SELECT fingerprint, starts_at FROM alerts WHERE cluster_id = ${clusterId}::uuid AND ha_group = ${haGroup} AND ${which}
    EXCEPT SELECT * FROM unnest(${listed.map(({ fingerprint }) => fingerprint)}::text[],
      ${listed.map(({ startsAt }) => startsAt.toISOString())}::timestamptz[])
    LIMIT ${most}::int
  ) gone CROSS JOIN LATERAL (SELECT id FROM alerts WHERE cluster_id = ${clusterId}::uuid AND ha_group = ${haGroup}
    AND fingerprint = gone.fingerprint AND starts_at = gone.starts_at LIMIT 1) a`;

/** Of one fingerprint only the latest occurrence can fire: what began before ended, at the latest when the next one began. */
export async function resolveSuperseded(
  tx: Transaction,
  { clusterId, haGroup }: HeldSource,
  fingerprints: readonly string[],
  now: Date,
): Promise<Transition[]> {
  const same = Prisma.sql`cluster_id = ${clusterId}::uuid AND ha_group = ${haGroup} AND fingerprint = said.fingerprint`;
  return await tx.$queryRaw<Transition[]>`
    WITH over AS MATERIALIZED (
      SELECT before.id, latest.starts_at FROM unnest(${[...fingerprints]}::text[]) AS said(fingerprint)
      CROSS JOIN LATERAL (SELECT starts_at FROM alerts WHERE ${same} AND state <> 'PENDING' ORDER BY starts_at DESC LIMIT 1) latest
      CROSS JOIN LATERAL (SELECT id FROM alerts WHERE ${same} AND state = 'FIRING' AND starts_at < latest.starts_at OFFSET 0) before
    )
    UPDATE alerts a SET state = 'RESOLVED', ends_at = over.starts_at, ${OVER}, updated_at = ${now}::timestamptz
    FROM over WHERE a.id = over.id
    RETURNING 'FIRING' AS was, ${TRANSITION}`;
}

/** What is pending is known as of now, or not at all. */
export async function forgetPending(
  tx: Transaction,
  source: HeldSource,
  still: readonly Pick<AlertWord, "fingerprint" | "startsAt">[],
): Promise<void> {
  await tx.$executeRaw`
    WITH over AS MATERIALIZED (${unlisted(source, Prisma.sql`state = 'PENDING'`, still, MOST_PENDING)})
    DELETE FROM alerts a USING over WHERE a.id = over.id`;
}
