import { randomUUID } from "node:crypto";
import { type GpuHealthEvent, Prisma, type PrismaClient } from "../../../prisma/generated/client.ts";
import type { AlertSeverity } from "../../../prisma/generated/enums.ts";
import type { PageRequest } from "../../shared/kernel/page.ts";
import type { BegunEvent, ChangedEvent, HealthChanges, KnownEvent, OverXid } from "./health.detector.ts";
import type { HealthKind } from "./vendor-signal.plan.ts";

export type HealthEventRow = Omit<GpuHealthEvent, "kind"> & { kind: HealthKind };

/** Which events of the clusters; whoever asks has made sure that they may be seen. */
export interface HealthEventFilter {
  kinds?: readonly HealthKind[] | null;
  severities?: readonly AlertSeverity[] | null;
  /** Whether it still stands. */
  active?: boolean | null;
  node?: string | null;
  device?: string | null;
  /** It stood at some time in it. */
  during?: { start: Date; end: Date } | null;
}

/** Which device; its events are wanted up to a limit, the latest first. */
export interface DeviceEvents {
  clusterId: string;
  device: string;
  limit: number;
}

const ROW = Prisma.sql`id::text AS id, tenant_id AS "tenantId", cluster_id::text AS "clusterId", node_name AS "nodeName", device, kind,
  code, severity::text AS severity, message, occurrences, last_count AS "lastCount", first_seen_at AS "firstSeenAt",
  last_seen_at AS "lastSeenAt", cleared_at AS "clearedAt"`;

/** What devices' health was, and is. */
export class HealthEventRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** What stands in each cluster. */
  async standing(clusterIds: readonly string[]): Promise<Map<string, KnownEvent[]>> {
    const rows = await this.#prisma.gpuHealthEvent.findMany({
      where: { clusterId: { in: [...clusterIds] }, clearedAt: null },
    });
    return Map.groupBy(rows as HealthEventRow[], ({ clusterId }) => clusterId);
  }

  /** XIDs of each cluster that ended since then. */
  async ended(clusterIds: readonly string[], since: Date): Promise<Map<string, OverXid[]>> {
    const rows = await this.#prisma.gpuHealthEvent.findMany({
      where: { clusterId: { in: [...clusterIds] }, kind: "XID", clearedAt: { gt: since } },
      orderBy: { clearedAt: "asc" },
      select: { clusterId: true, kind: true, code: true, device: true, lastSeenAt: true, clearedAt: true },
    });
    const over = rows.flatMap(({ kind, clearedAt, ...row }) =>
      kind === "XID" && clearedAt ? [{ ...row, kind: "XID" as const, clearedAt }] : [],
    );
    return Map.groupBy(over, ({ clusterId }) => clusterId);
  }

  /**
   * Writes what has changed in a cluster, by one statement.
   * @returns what was written: what another replica was quicker with is not, and not to be told again.
   */
  async write(
    tx: Prisma.TransactionClient,
    { id: clusterId, tenantId }: { id: string; tenantId: string },
    { begun, changed }: HealthChanges,
  ): Promise<{ begun: KnownEvent[]; changed: ChangedEvent[] }> {
    const named = begun.map((event: BegunEvent): KnownEvent => ({ id: randomUUID(), ...event }));
    const written = await tx.$queryRaw<{ id: string }[]>`
      WITH begun AS (
        INSERT INTO gpu_health_events (id, tenant_id, cluster_id, node_name, device, kind, code, severity, message, occurrences,
          last_count, first_seen_at, last_seen_at)
        SELECT id, ${tenantId}, ${clusterId}::uuid, "nodeName", device, kind, code, severity::"AlertSeverity", message, occurrences,
          "lastCount", "firstSeenAt", "lastSeenAt"
        FROM jsonb_to_recordset(${JSON.stringify(named)}::jsonb) AS b(id uuid, "nodeName" text, device text, kind text, code text,
          severity text, message text, occurrences int, "lastCount" int, "firstSeenAt" timestamptz, "lastSeenAt" timestamptz)
        ON CONFLICT DO NOTHING RETURNING id
      ), changed AS (
        UPDATE gpu_health_events e SET occurrences = c.occurrences, last_count = c."lastCount", last_seen_at = c."lastSeenAt",
          cleared_at = c."clearedAt"
        FROM jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) AS c(id uuid, occurrences int, "lastCount" int,
          "lastSeenAt" timestamptz, "clearedAt" timestamptz)
        WHERE e.id = c.id AND e.cleared_at IS NULL RETURNING e.id
      )
      SELECT id::text AS id FROM begun UNION ALL SELECT id::text AS id FROM changed`;
    const ids = new Set(written.map(({ id }) => id));
    return { begun: named.filter(({ id }) => ids.has(id)), changed: changed.filter(({ id }) => ids.has(id)) };
  }

  /** Those that were seen last come first. */
  async page(
    clusterIds: readonly string[],
    filter: HealthEventFilter,
    { page, pageSize }: PageRequest,
  ): Promise<{ rows: HealthEventRow[]; total: number }> {
    const { kinds, severities, active, node, device, during } = filter;
    const where: Prisma.GpuHealthEventWhereInput = {
      clusterId: { in: [...clusterIds] },
      ...(kinds?.length ? { kind: { in: [...kinds] } } : {}),
      ...(severities?.length ? { severity: { in: [...severities] } } : {}),
      ...(node ? { nodeName: node } : {}),
      ...(device ? { device } : {}),
      ...(typeof active === "boolean" ? { clearedAt: active ? null : { not: null } } : {}),
      ...(during
        ? { firstSeenAt: { lte: during.end }, OR: [{ clearedAt: null }, { clearedAt: { gte: during.start } }] }
        : {}),
    };
    const [rows, total] = await Promise.all([
      this.#prisma.gpuHealthEvent.findMany({
        where,
        orderBy: [{ lastSeenAt: "desc" }, { id: "asc" }],
        skip: (page - 1) * pageSize,
        take: pageSize,
      }),
      this.#prisma.gpuHealthEvent.count({ where }),
    ]);
    return { rows: rows as HealthEventRow[], total };
  }

  /** Of each device, in the order asked and in one statement: those that stand, then the latest. */
  async ofDevices(devices: readonly DeviceEvents[]): Promise<HealthEventRow[][]> {
    const rows = await this.#prisma.$queryRaw<(HealthEventRow & { of: number })[]>`
      SELECT d.of::int AS of, e.* FROM unnest(${devices.map(({ clusterId }) => clusterId)}::uuid[],
        ${devices.map(({ device }) => device)}::text[], ${devices.map(({ limit }) => limit)}::int[])
        WITH ORDINALITY AS d(cluster_id, device, most, of)
      CROSS JOIN LATERAL (
        SELECT ${ROW} FROM gpu_health_events h WHERE h.cluster_id = d.cluster_id AND h.device = d.device
        ORDER BY (h.cleared_at IS NULL) DESC, h.last_seen_at DESC, h.id LIMIT d.most
      ) e ORDER BY d.of`;
    const byDevice = Map.groupBy(rows, ({ of }) => of - 1);
    return devices.map((_, index) => byDevice.get(index) ?? []);
  }
}
