import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import type { Collection } from "./told.mapper.ts";

/** Clusters' GPUs as they were last collected. */
export class CollectionRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** From which clusters each device was last collected, the latest first. Who may see them is to be asked elsewhere. */
  async clustersOf(uuids: readonly string[]): Promise<Map<string, string[]>> {
    const rows = await this.#prisma.$queryRaw<{ uuid: string; clusterId: string }[]>`
      SELECT uuid, cluster_id::text AS "clusterId" FROM unnest(${uuids}::text[]) AS uuid
      JOIN gpu_collections ON jsonb_exists(devices, uuid) ORDER BY collected_at DESC`;
    const byUuid = Map.groupBy(rows, ({ uuid }) => uuid);
    return new Map([...byUuid].map(([uuid, found]) => [uuid, found.map(({ clusterId }) => clusterId)]));
  }

  /** What was last told of each cluster's devices; of one that was never collected, nothing. */
  async of(clusterIds: readonly string[]): Promise<Map<string, Collection>> {
    const rows = await this.#prisma.gpuCollection.findMany({ where: { clusterId: { in: [...clusterIds] } } });
    return new Map(rows.map(({ clusterId, devices }) => [clusterId, devices as unknown as Collection]));
  }

  /** @param lastError what could not be looked at meanwhile. */
  async write(
    tx: Prisma.TransactionClient,
    clusterId: string,
    { devices, collectedAt, lastError }: { devices: Collection; collectedAt: Date; lastError: string | null },
  ): Promise<void> {
    const data = { devices: { ...devices } as unknown as Prisma.InputJsonObject, collectedAt, lastError };
    await tx.gpuCollection.upsert({ where: { clusterId }, create: { clusterId, ...data }, update: data });
  }

  /** Of clusters of which there was nothing to tell. */
  async touch(clusterIds: readonly string[], collectedAt: Date, lastError: string | null): Promise<void> {
    const where = { clusterId: { in: [...clusterIds] } };
    await this.#prisma.gpuCollection.updateMany({ where, data: { collectedAt, lastError } });
  }

  /** What failed, or could not be looked at, when each was last collected; without those where nothing did. */
  async errors(clusterIds: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.#prisma.gpuCollection.findMany({
      where: { clusterId: { in: [...clusterIds] }, lastError: { not: null } },
      select: { clusterId: true, lastError: true },
    });
    return new Map(rows.flatMap(({ clusterId, lastError }) => (lastError === null ? [] : [[clusterId, lastError]])));
  }

  /** What is known of a cluster's devices stays as old as it is. */
  async failed(clusterId: string, lastError: string): Promise<void> {
    await this.#prisma.gpuCollection.updateMany({ where: { clusterId }, data: { lastError } });
  }

  /** Of clusters that are not collected any more. */
  async keepOnly(clusterIds: readonly string[]): Promise<void> {
    await this.#prisma.gpuCollection.deleteMany({ where: { clusterId: { notIn: [...clusterIds] } } });
  }
}
