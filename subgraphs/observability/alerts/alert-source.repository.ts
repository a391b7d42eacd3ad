import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import { TARGET, type Target } from "../../shared/fleet/directory.ts";

/** A cluster whose servers are asked for alerts. */
export interface PolledCluster extends Target {
  tenantId: string;
}

/** What is known of a cluster's Alertmanager. */
export interface SourceRow {
  clusterId: string;
  haGroup: string;
  polledAt: Date | null;
  staleSince: Date | null;
  lastError: string | null;
}

/** Where alerts come from. What it reads of clusters is the platform's own duty, over all tenants. */
export class AlertSourceRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** The living clusters that have somebody to ask, or were heard of: what nobody tells of any more comes to an end. */
  async polledIds(): Promise<string[]> {
    const rows = await this.#prisma.$queryRaw<{ id: string }[]>`
      SELECT id::text FROM clusters LEFT JOIN alert_sources ON cluster_id = id WHERE deleted_at IS NULL
        AND (alertmanager_url IS NOT NULL OR prometheus_url IS NOT NULL OR cluster_id IS NOT NULL)`;
    return rows.map(({ id }) => id);
  }

  async clusters(ids: readonly string[]): Promise<PolledCluster[]> {
    return await this.#prisma.cluster.findMany({
      where: { id: { in: [...ids] }, deletedAt: null },
      select: { ...TARGET, tenantId: true },
    });
  }

  /** In the order asked, in one statement; null for those that were never heard of. */
  async ofClusters(clusterIds: readonly string[]): Promise<(SourceRow | null)[]> {
    const rows = await this.#prisma.alertSource.findMany({ where: { clusterId: { in: [...clusterIds] } } });
    const byId = new Map(rows.map((row) => [row.clusterId, row]));
    return clusterIds.map((id) => byId.get(id) ?? null);
  }
}

/** How reading a cluster's alerts went; within the transaction that writes them. */
export async function writeReading(
  tx: Pick<Prisma.TransactionClient, "$executeRaw">,
  clusterId: string,
  { at, polled, failure, remark }: { at: Date; polled: boolean; failure: string | null; remark: string | null },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE alert_sources SET polled_at = CASE WHEN ${polled}::boolean THEN ${at}::timestamptz ELSE polled_at END,
      stale_since = CASE WHEN ${failure !== null}::boolean THEN coalesce(stale_since, polled_at, ${at}::timestamptz) END,
      last_error = ${failure ?? remark}
    WHERE cluster_id = ${clusterId}::uuid`;
}
