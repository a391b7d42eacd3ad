import { setTimeout as delay } from "node:timers/promises";
import pLimit from "p-limit";
import type { Clock } from "../../shared/kernel/clock.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import { Places } from "../../shared/kernel/places.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";
import type { Checked, HealthRepository } from "./health.repository.ts";
import type { HealthService } from "./health.service.ts";

/** More than the two probes of the slowest type of cluster can take, and what is read of a cluster to see what it has. */
const PATIENCE_MS = 90_000;
/**
 * Few enough that the first probes after a start, when the whole fleet is due, are answered before their patience ends; with the
 * places that hanging clusters give back, 32 checks begin each second where every single cluster hangs.
 */
const PLACES = { count: 64, heldMs: 2000, most: 2000 };
/** Detecting is much work and no hurry: checks come first. */
const DETECTIONS = 4;

export interface SweepOptions {
  repository: Pick<HealthRepository, "claimDue">;
  health: Pick<HealthService, "probe" | "detect">;
  clock: Clock;
  /** How often is looked for what is due, in milliseconds. */
  everyMs: number;
  onError: (error: unknown) => void;
}

/**
 * Check whatever is due. Every replica sweeps: what one takes, no other does. A cluster is taken when this replica has a place
 * for it, and none waits for another: one that is slow gives its place back.
 */
export const healthSweep = ({ repository, health, clock, everyMs, onError }: SweepOptions): Job => ({
  name: "clusters.health-sweep",
  everyMs,
  onEveryReplica: true,
  run: async (signal) => {
    const places = new Places(PLACES);
    const underWay = new Set<Promise<unknown>>();
    const detecting = new Set<string>();
    const detections = pLimit(DETECTIONS);
    const options = { signal, patienceMs: () => PATIENCE_MS, onInternalError: onError };

    const check = async (cluster: Checked): Promise<void> => {
      const leave = places.take();
      const [probed] = await fanOut([cluster], (each, patience) => health.probe(each, patience), options).finally(
        leave,
      );
      // It may still wait for its turn from the check before.
      if (!probed?.value || detecting.has(cluster.id)) return;
      detecting.add(cluster.id);
      await detections(() => fanOut([cluster], (each, patience) => health.detect(each, patience), options));
      detecting.delete(cluster.id);
    };

    while (!signal.aborted) {
      const room = places.free;
      const due = await repository.claimDue(clock.now(), room).catch((error: unknown) => {
        onError(error);
        return [];
      });
      for (const cluster of due) {
        const checked = check(cluster).finally(() => underWay.delete(checked));
        underWay.add(checked);
      }
      // As many as there was room for: more may be due.
      if (due.length === room) await places.available(signal);
      else await delay(everyMs, undefined, { signal }).catch(() => {});
    }
    await Promise.all(underWay);
  },
});
