import type { PrismaClient } from "../../../prisma/generated/client.ts";
import { type ClusterSelector, livingWhere, selectorWhere } from "../../shared/fleet/selector.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";

export interface GpuNodeKey {
  clusterId: string;
  nodeName: string;
}

/** Nodes with GPUs, as keys only: as their owner last collected them, and the gateway joins the rest. */
export class GpuNodeRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** By cluster and name, at most `limit`. @param clusterIds only of these. */
  async keys(
    identity: Identity,
    selector: ClusterSelector,
    { clusterIds, limit }: { clusterIds?: readonly string[]; limit: number },
  ): Promise<GpuNodeKey[]> {
    const of = clusterIds ? [{ id: { in: [...clusterIds] } }] : [];
    const where = { AND: [livingWhere(identity), ...selectorWhere(selector), ...of] };
    const clusters = await this.#prisma.cluster.findMany({ where, select: { id: true } });
    return await this.#prisma.$queryRaw<GpuNodeKey[]>`
      SELECT DISTINCT cluster_id::text AS "clusterId", device ->> 'node' AS "nodeName"
      FROM gpu_collections, jsonb_each(devices) AS each(uuid, device)
      WHERE cluster_id = ANY(${clusters.map(({ id }) => id)}::uuid[])
      ORDER BY 1, 2 LIMIT ${limit}::int`;
  }
}
