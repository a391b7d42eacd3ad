import type { PrismaClient } from "../../../prisma/generated/client.ts";
import { SEEN, seenBy, TARGET, type Target } from "../../shared/fleet/directory.ts";
import { livingWhere } from "../../shared/fleet/selector.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";

/** What decides how a cluster's GPUs are read. */
export interface GpuFacts {
  tenantId: string;
  /** Null while nobody knows. */
  hasGpuNodes: boolean | null;
  /** Whether its owner allows nvidia-smi to be run in the GPU driver's pods. */
  gpuExecEnabled: boolean;
}

/** A cluster as something to ask for its GPUs. */
export interface GpuTarget extends Target, GpuFacts {}

const FACTS = { tenantId: true, hasGpuNodes: true, gpuExecEnabled: true } as const;

export class GpuClusterRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** As the identity may ask them, in the order asked and in one statement; null for what is not to be seen. */
  async byIds(identity: Identity, ids: readonly string[]): Promise<(GpuTarget | null)[]> {
    const found = await this.#prisma.cluster.findMany({
      where: { AND: [livingWhere(identity), { id: { in: [...ids] } }] },
      select: { ...SEEN, ...FACTS },
    });
    const byId = new Map(found.map((target) => [target.id, seenBy(identity, target)]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** Of clusters that the directory gave out, in its order; those deleted meanwhile are left out. */
  async withFacts(targets: readonly Target[]): Promise<GpuTarget[]> {
    if (targets.length === 0) return [];
    const rows = await this.#prisma.cluster.findMany({
      where: { id: { in: targets.map(({ id }) => id) } },
      select: { id: true, ...FACTS },
    });
    const byId = new Map(rows.map(({ id, ...facts }) => [id, facts]));
    return targets.flatMap((target) => {
      const facts = byId.get(target.id);
      return facts ? [{ ...target, ...facts }] : [];
    });
  }

  /** For the platform's own collection, over all tenants: clusters that may have GPUs, and can be asked for them. */
  async collectable(): Promise<Pick<GpuTarget, "id" | "gpuExecEnabled">[]> {
    return await this.#prisma.cluster.findMany({
      where: {
        deletedAt: null,
        AND: [
          { OR: [{ hasGpuNodes: true }, { hasGpuNodes: null }] },
          { OR: [{ prometheusUrl: { not: null } }, { gpuExecEnabled: true }] },
        ],
      },
      select: { id: true, gpuExecEnabled: true },
    });
  }

  /** For the platform's own collection. */
  async targets(ids: readonly string[]): Promise<GpuTarget[]> {
    return await this.#prisma.cluster.findMany({
      where: { id: { in: [...ids] }, deletedAt: null },
      select: { ...TARGET, ...FACTS },
    });
  }
}
