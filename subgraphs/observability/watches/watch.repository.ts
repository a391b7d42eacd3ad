import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import { madeWithin } from "../../shared/fleet/namespaces.ts";
import type { NamespaceScope } from "../../shared/kernel/namespaces.ts";
import type { ToldSeries } from "./watch.filter.ts";

export type WatchRow = Prisma.MetricWatchGetPayload<object>;

/** Whose watches alone are meant, where not everybody's, and of which of their scopes. */
type Owner = { user: string; namespaces: NamespaceScope } | null;

/** Metric watches and what they last told, in the database. */
export class WatchRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** By name. @param owner only this one's; everybody's where null. */
  async page(tenantId: string, owner: Owner, skip: number, take: number): Promise<{ rows: WatchRow[]; total: number }> {
    const where = { tenantId, ...ownedBy(owner) };
    const [rows, total] = await this.#prisma.$transaction([
      this.#prisma.metricWatch.findMany({ where, orderBy: { name: "asc" }, skip, take }),
      this.#prisma.metricWatch.count({ where }),
    ]);
    return { rows, total };
  }

  async byId(tenantId: string, owner: Owner, id: string): Promise<WatchRow | null> {
    return await this.#prisma.metricWatch.findFirst({ where: { tenantId, id, ...ownedBy(owner) } });
  }

  /** What is due, with the next run of each moved forward: what one replica has taken, another passes over. */
  async takeDue(now: Date, limit: number): Promise<WatchRow[]> {
    const taken = await this.#prisma.$queryRaw<{ id: string }[]>`
      WITH due AS MATERIALIZED (
        SELECT id FROM metric_watches WHERE next_run_at <= ${now}::timestamptz
        ORDER BY next_run_at LIMIT ${limit}::int FOR UPDATE SKIP LOCKED
      )
      UPDATE metric_watches SET next_run_at = ${now}::timestamptz + make_interval(secs => every_seconds)
      FROM due WHERE metric_watches.id = due.id
      RETURNING metric_watches.id::text`;
    if (taken.length === 0) return [];
    return await this.#prisma.metricWatch.findMany({ where: { id: { in: taken.map(({ id }) => id) } } });
  }

  /** What was last told, by cluster. */
  async told(watchId: string): Promise<Map<string, ToldSeries>> {
    const rows = await this.#prisma.metricWatchState.findMany({ where: { watchId } });
    return new Map(rows.map(({ clusterId, series }) => [clusterId, series as unknown as ToldSeries]));
  }

  /** Several clusters' in one statement. */
  async tell(
    tx: Pick<Prisma.TransactionClient, "$executeRaw">,
    watchId: string,
    told: readonly { clusterId: string; series: ToldSeries }[],
    now: Date,
  ): Promise<void> {
    await tx.$executeRaw`
      INSERT INTO metric_watch_states (watch_id, cluster_id, series, updated_at)
      SELECT ${watchId}::uuid, "clusterId", series, ${now}::timestamptz
      FROM jsonb_to_recordset(${JSON.stringify(told)}::jsonb) AS told("clusterId" uuid, series jsonb)
      WHERE EXISTS (SELECT FROM metric_watches WHERE id = ${watchId}::uuid)
      ON CONFLICT (watch_id, cluster_id) DO UPDATE SET series = EXCLUDED.series, updated_at = EXCLUDED.updated_at`;
  }

  async ran(watchId: string, now: Date, lastError: string | null): Promise<void> {
    await this.#prisma.metricWatch.updateMany({ where: { id: watchId }, data: { lastRunAt: now, lastError } });
  }
}

const ownedBy = (owner: Owner) =>
  owner === null ? {} : { createdBy: owner.user, ...madeWithin(owner.namespaces, "scope") };
