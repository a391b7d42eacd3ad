import { setTimeout as delay } from "node:timers/promises";
import type { Schedule } from "../../shared/fleet/schedule.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { Places } from "../../shared/kernel/places.ts";
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
  run: async (signal) => {
    const places = new Places(PLACES);
    const underWay = new Set<Promise<void>>();
    const pauseMs = Math.min(LOOK_EVERY_MS, everyMs);
    let keptAt = Number.NEGATIVE_INFINITY;

    const poll = async (cluster: PolledCluster): Promise<void> => {
      const leave = places.take();
      await polls.poll(cluster, signal).catch(onError).finally(leave);
    };
    const due = async (room: number): Promise<string[]> => {
      const now = clock.now();
      if (now.getTime() - keptAt >= Math.min(KEEP_EVERY_MS, everyMs)) {
        await schedule.keep(await sources.polledIds(), now);
        keptAt = now.getTime();
      }
      return await schedule.take(now, everyMs / 1000, room);
    };
    const nothing = (error: unknown): never[] => {
      onError(error);
      return [];
    };

    while (!signal.aborted) {
      const room = places.free;
      const ids = await due(room).catch(nothing);
      for (const cluster of ids.length > 0 ? await sources.clusters(ids).catch(nothing) : []) {
        const polled = poll(cluster).finally(() => underWay.delete(polled));
        underWay.add(polled);
      }
      // As many as there was room for: more may be due.
      if (ids.length > 0 && ids.length === room) await places.available(signal);
      else await delay(pauseMs, undefined, { signal }).catch(() => {});
    }
    await Promise.all(underWay);
  },
});
