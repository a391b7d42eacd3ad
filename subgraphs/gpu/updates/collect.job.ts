import type { Schedule } from "../../shared/fleet/schedule.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";
import type { GpuClusterRepository } from "../readings/gpu-cluster.repository.ts";
import type { CollectService } from "./collect.service.ts";
import type { CollectionRepository } from "./collection.repository.ts";

/** How often is looked for what is due, and which clusters there are. */
const LOOK_MS = 1000;
const KEEP_MS = 30_000;
const AT_ONCE = 64;
/** Runs are dearer than readings, and each is on record. */
const SMI_SECONDS = 300;

export interface CollectJobOptions {
  clusters: GpuClusterRepository;
  collections: CollectionRepository;
  service: CollectService;
  /** Whose turn it is to be read, and to be asked with nvidia-smi too. */
  turns: Schedule;
  smiTurns: Schedule;
  clock: Clock;
  /** How often each cluster is read, in milliseconds. */
  everyMs: number;
}

/** Collects the GPUs of whatever cluster is due: the replicas share the fleet by turns. */
export function collectGpus({
  clusters,
  collections,
  service,
  turns,
  smiTurns,
  clock,
  everyMs,
}: CollectJobOptions): Job {
  let keptAt = 0;
  return {
    name: "gpu.collect",
    everyMs: Math.min(LOOK_MS, everyMs),
    onEveryReplica: true,
    run: async (signal) => {
      const now = clock.now();
      if (now.getTime() - keptAt >= Math.min(KEEP_MS, everyMs)) {
        const all = await clusters.collectable();
        const ids = all.map(({ id }) => id);
        await turns.keep(ids, now);
        const allowed = all.filter(({ gpuExecEnabled }) => gpuExecEnabled);
        await smiTurns.keep(
          allowed.map(({ id }) => id),
          now,
        );
        await collections.keepOnly(ids);
        keptAt = now.getTime();
      }
      while (!signal.aborted) {
        const due = await turns.take(clock.now(), everyMs / 1000, AT_ONCE);
        const withSmi = new Set(await smiTurns.take(clock.now(), SMI_SECONDS, AT_ONCE));
        if (due.length + withSmi.size === 0) return;
        await service.collect([...new Set([...due, ...withSmi])], withSmi, signal);
        if (due.length < AT_ONCE) return;
      }
    },
  };
}
