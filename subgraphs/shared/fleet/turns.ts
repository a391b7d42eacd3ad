import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../kernel/clock.ts";
import { Places, type PlacesOptions } from "../kernel/places.ts";
import type { Schedule } from "./schedule.ts";

export interface TurnsOptions<C> {
  schedule: Schedule;
  /** The ids of all that have turns. */
  ids: () => Promise<string[]>;
  /** What a visit needs of those whose turn it is. */
  read: (ids: readonly string[]) => Promise<C[]>;
  visit: (one: C) => Promise<void>;
  /** Visits at once. */
  places: PlacesOptions;
  clock: Clock;
  /** How often each has its turn, in milliseconds. */
  everyMs: number;
  /** How often is looked for whose turn it is. */
  lookEveryMs: number;
  /** How often is looked for who has turns: what is new has its first as much later at most. */
  keepEveryMs: number;
  onError: (error: unknown) => void;
}

/** Visit whatever is due, until the signal ends. Every replica does: what one takes, no other does, and none waits for another. */
export async function takeTurns<C>(options: TurnsOptions<C>, signal: AbortSignal): Promise<void> {
  const { schedule, ids, read, visit, clock, everyMs, lookEveryMs, keepEveryMs, onError } = options;
  const places = new Places(options.places);
  const underWay = new Set<Promise<void>>();
  let keptAt = Number.NEGATIVE_INFINITY;

  const due = async (room: number): Promise<string[]> => {
    const now = clock.now();
    if (now.getTime() - keptAt >= Math.min(keepEveryMs, everyMs)) {
      await schedule.keep(await ids(), now);
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
    const taken = await due(room).catch(nothing);
    for (const one of taken.length > 0 ? await read(taken).catch(nothing) : []) {
      const leave = places.take();
      const visited = visit(one)
        .catch(onError)
        .finally(leave)
        .finally(() => underWay.delete(visited));
      underWay.add(visited);
    }
    // As many as there was room for: more may be due.
    if (taken.length > 0 && taken.length === room) await places.available(signal);
    else await delay(Math.min(lookEveryMs, everyMs), undefined, { signal }).catch(() => {});
  }
  await Promise.all(underWay);
}
