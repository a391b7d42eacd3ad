import type { Changes } from "../../shared/fleet/changes.ts";
import { livingWhere } from "../../shared/fleet/selector.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { clusterNotFound } from "../../shared/kernel/errors.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";

/** Whether nvidia-smi may be run in a cluster. */
export class GpuExecService {
  readonly #changes: Changes;
  readonly #clock: Clock;

  constructor(options: { changes: Changes; clock: Clock }) {
    this.#changes = options.changes;
    this.#clock = options.clock;
  }

  /** @throws FORBIDDEN without the role admin, CLUSTER_NOT_FOUND */
  async set(operation: Operation, id: string, enabled: boolean): Promise<void> {
    requireRole(operation.identity, "admin");
    await this.#changes.commit(async (tx, record) => {
      const where = { AND: [livingWhere(operation.identity), { id }] };
      const before = await tx.cluster.findFirst({ where, select: { gpuExecEnabled: true } });
      const data = { gpuExecEnabled: enabled, updatedAt: this.#clock.now() };
      const [cluster] = before ? await tx.cluster.updateManyAndReturn({ where, data }) : [];
      if (!before || !cluster) throw clusterNotFound(id);
      await record.deed(operation, { action: "SET_GPU_EXEC", cluster, before, after: { gpuExecEnabled: enabled } });
      const payload = { name: cluster.name, changed: ["gpuExecEnabled"] };
      await record.event({ type: "CLUSTER_UPDATED", cluster, payload });
    });
  }
}
