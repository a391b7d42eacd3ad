import type { Schedule } from "../../shared/fleet/schedule.ts";
import { takeTurns } from "../../shared/fleet/turns.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";
import type { AlertSourceRepository, PolledCluster } from "./alert-source.repository.ts";
import type { PollService } from "./poll.service.ts";

/** The task whose turns the clusters are asked in. */
export const ALERT_POLL = "observability.alert-poll";
/** Few enough that their answers, which may be large, fit into memory together. */
const PLACES = { count: 16, heldMs: 3000, most: 200 };
/** What joined the fleet is asked as much later at most. */
const KEEP_EVERY_MS = 5000;
const LOOK_EVERY_MS = 500;

export interface AlertPollOptions {
  schedule: Schedule;
  sources: AlertSourceRepository;
  polls: PollService;
  clock: Clock;
  /** How often each cluster is asked, in milliseconds. */
  everyMs: number;
  onError: (error: unknown) => void;
}

/** Ask every cluster for its alerts in turn. Every replica does: what one takes, no other does. */
export const pollAlerts = ({ schedule, sources, polls, clock, everyMs, onError }: AlertPollOptions): Job => ({
  name: ALERT_POLL,
  everyMs: LOOK_EVERY_MS,
  onEveryReplica: true,
  run: (signal) =>
    takeTurns<PolledCluster>(
      {
        schedule,
        ids: () => sources.polledIds(),
        read: (ids) => sources.clusters(ids),
        visit: (cluster) => polls.poll(cluster, signal),
        places: PLACES,
        clock,
        everyMs,
        lookEveryMs: LOOK_EVERY_MS,
        keepEveryMs: KEEP_EVERY_MS,
        onError,
      },
      signal,
    ),
});
