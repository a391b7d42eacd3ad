import type { Schedule } from "../../shared/fleet/schedule.ts";
import { takeTurns } from "../../shared/fleet/turns.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { OutcomeFailure } from "../../shared/kernel/outcome.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";
import type { ErrorTracesRepository, TracedCluster } from "./error-traces.repository.ts";
import type { ErrorTracesService } from "./error-traces.service.ts";

const PLACES = { count: 8, heldMs: 3000, most: 250 };
const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 1000;
/** What joined the fleet is asked as much later at most. */
const KEEP_EVERY_MS = 10_000;
/** So often in a row the rest after a failure is doubled: to 16 turns. */
const DOUBLINGS = 4;

export interface ErrorTracesOptions {
  schedule: Schedule;
  repository: ErrorTracesRepository;
  errorTraces: Pick<ErrorTracesService, "look">;
  clock: Clock;
  /** How often each cluster is asked, in milliseconds. */
  everyMs: number;
  /** Told of a cluster that fails, and for how many turns it rests. */
  onFailure: (cluster: TracedCluster, failure: OutcomeFailure, rest: number) => void;
  onError: (error: unknown) => void;
}

/** Ask every cluster for its traces with an error in turn. Every replica does: what one takes, no other does. */
export const tellErrorTraces = (options: ErrorTracesOptions): Job => ({
  name: "observability.error-traces",
  everyMs: LOOK_EVERY_MS,
  onEveryReplica: true,
  run: async (signal) => {
    const { schedule, repository, errorTraces, clock, everyMs, onFailure, onError } = options;
    /** In a row; what another replica saw fail begins anew here. */
    const failures = new Map<string, number>();

    const look = async (cluster: TracedCluster): Promise<void> => {
      const [outcome] = await fanOut([cluster], (each, patience) => errorTraces.look(each, patience), {
        signal,
        patienceMs: () => PATIENCE_MS,
        onInternalError: onError,
      });
      // An abort says nothing about the cluster.
      if (signal.aborted) return;
      if (outcome?.failure) await rest(cluster, outcome.failure);
      else failures.delete(cluster.id);
    };
    const rest = async (cluster: TracedCluster, failure: OutcomeFailure): Promise<void> => {
      const inRow = Math.min(DOUBLINGS, (failures.get(cluster.id) ?? 0) + 1);
      failures.set(cluster.id, inRow);
      const turns = 2 ** inRow;
      onFailure(cluster, failure, turns);
      await schedule.postpone(cluster.id, new Date(clock.now().getTime() + turns * everyMs));
    };
    await takeTurns<TracedCluster>(
      {
        schedule,
        ids: () => repository.tracedIds(),
        read: (ids) => repository.clusters(ids),
        visit: look,
        places: PLACES,
        clock,
        everyMs,
        lookEveryMs: LOOK_EVERY_MS,
        keepEveryMs: KEEP_EVERY_MS,
        onError,
      },
      signal,
    );
  },
});
