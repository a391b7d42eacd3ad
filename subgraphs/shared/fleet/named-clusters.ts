import type { Identity } from "../kernel/auth-context.ts";
import type { EventBus } from "../kernel/bus/event-bus.ts";
import { BusEvent, EVENTS } from "../kernel/bus/events.ts";
import { BusReader } from "../kernel/bus/reader.ts";
import { CodedError, clusterNotFound } from "../kernel/errors.ts";
import type { FleetDirectory } from "./directory.ts";

/** How often a stream looks whether its clusters are still its reader's to see: not every reason for it is told by an event. */
export const RECHECK_MS = 30_000;

/** Clusters that a stream names: it is over for all of them once its reader may no longer see one, and says so. */
export class NamedClusters {
  readonly ids: ReadonlySet<string>;
  readonly #directory: Pick<FleetDirectory, "byIds">;
  readonly #identity: Identity;

  constructor(directory: Pick<FleetDirectory, "byIds">, identity: Identity, ids: readonly string[]) {
    this.#directory = directory;
    this.#identity = identity;
    this.ids = new Set(ids);
  }

  /** @throws CLUSTER_NOT_FOUND as it is told to one who begins a stream. */
  async begin(): Promise<void> {
    const missing = await this.#missing();
    if (missing !== undefined) throw clusterNotFound(missing);
  }

  /** @throws CLUSTER_NOT_FOUND, in words for one whose stream was under way. */
  async check(): Promise<void> {
    const missing = await this.#missing();
    if (missing !== undefined) throw clusterGone(missing);
  }

  /** Tell once one may no longer be seen: as soon as an event says so, or a look finds it. @returns how to stop. */
  watch(bus: EventBus, lost: (error: CodedError) => void): () => void {
    const look = (): void =>
      void this.check().catch((error: unknown) => {
        // What else may fail is another look's to find.
        if (error instanceof CodedError) lost(error);
      });
    const timer = setInterval(look, RECHECK_MS).unref();
    const stop = watchClusters(bus, this.ids, look);
    return () => {
      clearInterval(timer);
      stop();
    };
  }

  async #missing(): Promise<string | undefined> {
    const ids = [...this.ids];
    const found = await this.#directory.byIds(this.#identity, ids);
    return ids.find((_, index) => found[index] === null);
  }
}

/** The clusters that are named, or null where a stream is of whatever its reader may see. */
export function namedClusters(
  directory: Pick<FleetDirectory, "byIds">,
  identity: Identity,
  ...lists: readonly (readonly string[] | null | undefined)[]
): NamedClusters | null {
  const ids = lists.flatMap((list) => list ?? []);
  return ids.length > 0 ? new NamedClusters(directory, identity, ids) : null;
}

/** Whether what the event tells may change who sees its cluster. */
export const changesRights = ({ event_type: type }: BusEvent): boolean =>
  type === "CLUSTER_UPDATED" || type === "CLUSTER_DELETED";

/**
 * Call `touched` whenever an event tells that one of these clusters was changed or deleted. It is only to be quicker than the next
 * look by itself: where the bus fails, that remains. @returns how to stop.
 */
export function watchClusters(bus: EventBus, ids: ReadonlySet<string>, touched: () => void): () => void {
  const reader = new BusReader<true>({
    bus,
    topic: EVENTS,
    after: null,
    decode: (event) => {
      const { data } = BusEvent.safeParse(event);
      return data?.cluster_id && ids.has(data.cluster_id) && changesRights(data) ? true : null;
    },
  });
  const follow = async (): Promise<void> => {
    for await (const _ of reader) touched();
  };
  void follow().catch(() => {});
  return () => void reader.return();
}

export const clusterGone = (id: string): CodedError =>
  new CodedError(
    "CLUSTER_NOT_FOUND",
    `The cluster ${JSON.stringify(id)}, which this stream names, is not there any more, or no longer yours to see.`,
    { id },
  );
