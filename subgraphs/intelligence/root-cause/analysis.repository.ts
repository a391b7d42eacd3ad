import { Prisma, type PrismaClient } from "../../../prisma/generated/client.ts";
import type { AnalysisStatus, RootCauseVerdict } from "../../../prisma/generated/enums.ts";
import { withinWhere } from "../../shared/fleet/namespaces.ts";
import { livingWhere } from "../../shared/fleet/selector.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { NamespaceScope } from "../../shared/kernel/namespaces.ts";
import type { EntityKind, Signal, SignalScore, Verdict } from "./core/index.ts";

/** What may be at the root: an entity as the search names it, and which of its pods stood out. */
export interface StoredEntity {
  kind: EntityKind;
  namespace: string | null;
  name: string;
  pods: { namespace: string; name: string }[];
}

/** A finding, and how to look at it again. Times are ISO texts. */
export interface StoredEvidence {
  signal: Signal;
  z: number;
  statement: string;
  language: "PROMQL" | "LOGQL" | "TRACEQL" | null;
  query: string | null;
  graphql: string | null;
  at: string;
  start: string;
  end: string;
  value: number | null;
  expected: number | null;
  traceIds: string[];
}

export interface StoredCause {
  rank: number;
  score: number;
  verdict: Verdict;
  entity: StoredEntity;
  signals: SignalScore[];
  explanation: string;
  evidence: StoredEvidence[];
}

export interface StoredIncident {
  id: string;
  startsAt: string;
  labels: Record<string, string>;
  alertIds: string[];
}

export interface AnalysisResult {
  causes: StoredCause[];
  incident: StoredIncident | null;
  missing: string[];
}

export interface AnalysisProgress {
  step: string;
  done: number;
  total: number;
}

export interface AnalysisRow {
  id: string;
  tenantId: string;
  createdBy: string;
  clusterId: string;
  alertId: string | null;
  anomalyId: string | null;
  namespace: string | null;
  onset: Date;
  windowStart: Date;
  windowEnd: Date;
  status: AnalysisStatus;
  verdict: RootCauseVerdict | null;
  result: AnalysisResult | null;
  progress: AnalysisProgress | null;
  error: string | null;
  createdAt: Date;
  finishedAt: Date | null;
}

export interface AnalysisFilter {
  alertId?: string | null;
  anomalyId?: string | null;
  namespace?: string | null;
  statuses?: readonly AnalysisStatus[] | null;
  verdicts?: readonly RootCauseVerdict[] | null;
}

/** Where and when an anomaly is. */
export interface AnomalySubject {
  clusterId: string;
  namespace: string | null;
  labels: Record<string, string>;
  metricName: string;
  startedAt: Date;
  detectedAt: Date;
}

/** How a search ends. */
export interface Ending {
  status: "COMPLETE" | "FAILED" | "CANCELLED";
  onset?: Date;
  windowEnd?: Date;
  verdict?: RootCauseVerdict;
  result?: AnalysisResult;
  error?: string;
}

/** Searches for root causes in the database. Whoever asks has made sure which clusters may be seen. */
export class AnalysisRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** In the order asked; null for what is not there, of another tenant, or not made within these namespaces. */
  async byIds(tenantId: string, ids: readonly string[], seen: NamespaceScope): Promise<(AnalysisRow | null)[]> {
    const where = { tenantId, id: { in: [...ids] }, ...foundWithin(seen) };
    const rows = await this.#prisma.rootCauseAnalysis.findMany({ where });
    const byId = new Map(rows.map((row) => [row.id, toRow(row)]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** The latest first. */
  async page(
    { tenant: tenantId, scope }: Pick<Identity, "tenant" | "scope">,
    clusterIds: readonly string[],
    { alertId, anomalyId, namespace, statuses, verdicts }: AnalysisFilter,
    { skip, take }: { skip: number; take: number },
  ): Promise<{ rows: AnalysisRow[]; total: number }> {
    const where: Prisma.RootCauseAnalysisWhereInput = {
      tenantId,
      clusterId: { in: [...clusterIds] },
      ...foundWithin(scope?.namespaces),
      ...(alertId ? { alertId } : {}),
      ...(anomalyId ? { anomalyId } : {}),
      ...(namespace ? { namespace } : {}),
      ...(statuses?.length ? { status: { in: [...statuses] } } : {}),
      ...(verdicts?.length ? { verdict: { in: [...verdicts] } } : {}),
    };
    const [rows, total] = await this.#prisma.$transaction([
      this.#prisma.rootCauseAnalysis.findMany({
        where,
        orderBy: [{ createdAt: "desc" }, { id: "asc" }],
        skip,
        take,
      }),
      this.#prisma.rootCauseAnalysis.count({ where }),
    ]);
    return { rows: rows.map(toRow), total };
  }

  /** Of each alert or anomaly the search that was finished last, in the order asked and in one statement. */
  async latestOf(
    of: "alertId" | "anomalyId",
    tenantId: string,
    ids: readonly string[],
    seen: NamespaceScope,
  ): Promise<(AnalysisRow | null)[]> {
    const column = Prisma.raw(of === "alertId" ? "alert_id" : "anomaly_id");
    const rows = await this.#prisma.$queryRaw<AnalysisRow[]>`
      SELECT DISTINCT ON (${column}) id::text, tenant_id AS "tenantId", created_by AS "createdBy",
        cluster_id::text AS "clusterId", alert_id::text AS "alertId", anomaly_id::text AS "anomalyId", namespace, onset,
        window_start AS "windowStart", window_end AS "windowEnd", status::text AS status, verdict::text AS verdict, result,
        progress, error, created_at AS "createdAt", finished_at AS "finishedAt"
      FROM root_cause_analyses
      WHERE ${column} = ANY(${[...ids]}::uuid[]) AND tenant_id = ${tenantId} AND status = 'COMPLETE'
        AND ${seen ? Prisma.sql`namespaces = ${[...seen]}::text[]` : Prisma.sql`true`}
      ORDER BY ${column}, created_at DESC, id`;
    const byId = new Map(rows.map((row) => [row[of], row]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** The id of the cluster of this name; null for one that is not to be seen. */
  async clusterNamed(identity: Identity, name: string): Promise<string | null> {
    const found = await this.#prisma.cluster.findFirst({
      where: { AND: [livingWhere(identity), { name }] },
      select: { id: true },
    });
    return found?.id ?? null;
  }

  /** What is to be explained, where it is an anomaly. */
  async anomaly({ tenant: tenantId, scope }: Identity, id: string): Promise<AnomalySubject | null> {
    const row = await this.#prisma.anomaly.findFirst({
      where: { id, tenantId, ...withinWhere(scope?.namespaces) },
      select: { clusterId: true, namespace: true, labels: true, metricName: true, startedAt: true, detectedAt: true },
    });
    return row && { ...row, labels: row.labels as Record<string, string> };
  }

  /** Says that it is still worked on. @returns false where it is not to be: somebody cancelled it. */
  async beat(id: string, progress: AnalysisProgress, now: Date): Promise<boolean> {
    const { count } = await this.#prisma.rootCauseAnalysis.updateMany({
      where: { id, status: "RUNNING" },
      data: { beatAt: now, progress: { ...progress } },
    });
    return count > 0;
  }

  /** @returns false where it is over already. */
  async end(
    tx: Pick<Prisma.TransactionClient, "rootCauseAnalysis">,
    id: string,
    { result, ...ending }: Ending,
    now: Date,
  ): Promise<boolean> {
    const { count } = await tx.rootCauseAnalysis.updateMany({
      where: { id, status: "RUNNING" },
      data: {
        ...ending,
        finishedAt: now,
        ...(result ? { result: result as unknown as Prisma.InputJsonObject } : {}),
      },
    });
    return count > 0;
  }

  /** Those that nobody works on any more have failed. @returns their ids */
  async interrupt(silentSince: Date, error: string, now: Date): Promise<string[]> {
    const rows = await this.#prisma.rootCauseAnalysis.updateManyAndReturn({
      where: { status: "RUNNING", beatAt: { lt: silentSince } },
      data: { status: "FAILED", error, finishedAt: now },
      select: { id: true },
    });
    return rows.map(({ id }) => id);
  }

  /** Removes a batch of what was finished before, and of what is left of clusters that are gone. @returns how many */
  async prune(before: Date, batch: number): Promise<number> {
    return await this.#prisma.$executeRaw`
      DELETE FROM root_cause_analyses WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM root_cause_analyses r WHERE r.finished_at < ${before}::timestamptz
          OR NOT EXISTS (SELECT 1 FROM clusters WHERE clusters.id = r.cluster_id) LIMIT ${batch}::int))`;
  }
}

/** What was found with more in sight may tell of it: who sees only some namespaces sees what was found within just these. */
const foundWithin = (seen: NamespaceScope) => (seen ? { namespaces: { equals: [...seen] } } : {});

/** What its JSON columns hold is written here alone. */
export const toRow = ({ result, progress, ...row }: Prisma.RootCauseAnalysisGetPayload<object>): AnalysisRow => ({
  ...row,
  result: result as AnalysisResult | null,
  progress: progress as AnalysisProgress | null,
});
