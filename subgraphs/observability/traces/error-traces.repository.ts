import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import { TARGET, type Target } from "../../shared/fleet/directory.ts";

/** A cluster that is asked for traces with an error. */
export interface TracedCluster extends Target {
  tenantId: string;
}

/** How far a cluster's traces with an error have been told of. */
export interface TraceCursor {
  until: Date;
  /** Told already, the newest first. */
  recentIds: string[];
}

/** What is told of traces. What it reads of clusters is the platform's own duty, over all tenants. */
export class ErrorTracesRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  async tracedIds(): Promise<string[]> {
    const rows = await this.#prisma.cluster.findMany({
      where: { deletedAt: null, tempoUrl: { not: null } },
      select: { id: true },
    });
    return rows.map(({ id }) => id);
  }

  async clusters(ids: readonly string[]): Promise<TracedCluster[]> {
    return await this.#prisma.cluster.findMany({
      where: { id: { in: [...ids] }, deletedAt: null },
      select: { ...TARGET, tenantId: true },
    });
  }

  async cursor(clusterId: string): Promise<TraceCursor | null> {
    return await this.#prisma.traceCursor.findUnique({
      where: { clusterId },
      select: { until: true, recentIds: true },
    });
  }
}

/** False where somebody else has moved it meanwhile: then what was found is theirs to tell. */
export async function moveCursor(
  tx: Pick<Prisma.TransactionClient, "$executeRaw">,
  clusterId: string,
  from: TraceCursor | null,
  { until, recentIds }: TraceCursor,
): Promise<boolean> {
  const moved = await tx.$executeRaw`
    INSERT INTO trace_cursors AS known (cluster_id, until, recent_ids)
    VALUES (${clusterId}::uuid, ${until}::timestamptz, ${recentIds}::text[])
    ON CONFLICT (cluster_id) DO UPDATE SET until = EXCLUDED.until, recent_ids = EXCLUDED.recent_ids
      WHERE known.until = ${from?.until ?? null}::timestamptz`;
  return moved === 1;
}
