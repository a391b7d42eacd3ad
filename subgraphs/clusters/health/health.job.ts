import type { Clock } from "../../shared/kernel/clock.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";
import type { HealthRepository } from "./health.repository.ts";
import type { HealthService } from "./health.service.ts";

const BATCH = 100;
/** More than the two probes, the confirmation and the detection of the slowest type of cluster can take. */
const PATIENCE_MS = 120_000;

/** Check whatever is due. A sweep takes clusters until none is left, so that the job's own pace does not bound the fleet's size. */
export const healthSweep = (options: {
  repository: HealthRepository;
  health: HealthService;
  clock: Clock;
  everyMs: number;
  onError: (error: unknown) => void;
}): Job => ({
  name: "clusters.health-sweep",
  everyMs: options.everyMs,
  run: async (signal) => {
    for (;;) {
      const due = await options.repository.claimDue(options.clock.now(), BATCH);
      if (due.length === 0 || signal.aborted) return;
      await fanOut(due, (cluster, patience) => options.health.check(cluster, patience), {
        signal,
        patienceMs: () => PATIENCE_MS,
        onInternalError: options.onError,
      });
    }
  },
});
