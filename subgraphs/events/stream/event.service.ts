import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import { namedClusters } from "../../shared/fleet/named-clusters.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import { type BusItem, type Cursor, type EventBus, parseCursor } from "../../shared/kernel/bus/event-bus.ts";
import { BusEvent, EVENTS } from "../../shared/kernel/bus/events.ts";
import { BusReader, type Reading } from "../../shared/kernel/bus/reader.ts";
import { filterIterator } from "../../shared/kernel/iterators.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { parseLabelSelector } from "../../shared/upstreams/kubernetes/label-selector.ts";
import { type EventFilter, matches, visible } from "./event.filter.ts";
import { NamedStream } from "./named.stream.ts";

export interface EventPage {
  readings: Reading<BusEvent>[];
  end: Cursor;
  hasMore: boolean;
}

/** The fleet's events as a stream and as pages, each event shown only to whom it may be. */
export class EventService {
  readonly #bus: EventBus;
  readonly #directory: FleetDirectory;

  constructor(bus: EventBus, directory: FleetDirectory) {
    this.#bus = bus;
    this.#directory = directory;
  }

  /**
   * From the cursor on, or from now. Where clusters are named it ends once one of them may no longer be seen.
   * @throws INVALID_CURSOR, INVALID_LABEL_SELECTOR, CLUSTER_NOT_FOUND
   */
  async stream(
    { identity }: Operation,
    filter: EventFilter,
    after: Cursor | null,
  ): Promise<AsyncIterableIterator<Reading<BusEvent>>> {
    if (after !== null) parseCursor(after);
    if (filter.labelSelector) parseLabelSelector(filter.labelSelector);
    const clusters = namedClusters(this.#directory, identity, filter.clusterIds);
    await clusters?.begin();
    const source = new BusReader({ bus: this.#bus, topic: EVENTS, after, decode });
    const shown = async (reading: Reading<BusEvent>): Promise<boolean> =>
      (await this.#shown(identity, filter, [reading])).length > 0;
    if (!clusters) return filterIterator(source, shown);
    return new NamedStream({ source, clusters, shown, asked: (event) => matches(filter, event) });
  }

  /** `first` items of the log after the cursor, or its oldest; the filter then leaves out what was not asked for. */
  async page({ identity }: Operation, filter: EventFilter, after: Cursor | null, first: number): Promise<EventPage> {
    const { gap, items } = await this.#bus.read(EVENTS, after, first + 1);
    const page = items.slice(0, first);
    const readings: Reading<BusEvent>[] = [...(gap ? [{ gap, cursor: gap.to }] : []), ...page.flatMap(decoded)];
    return {
      readings: await this.#shown(identity, filter, readings),
      end: page.at(-1)?.cursor ?? gap?.to ?? after ?? (await this.#bus.head(EVENTS)),
      hasMore: items.length > first,
    };
  }

  async #shown(
    identity: Identity,
    filter: EventFilter,
    readings: readonly Reading<BusEvent>[],
  ): Promise<Reading<BusEvent>[]> {
    const asked = readings.filter((reading) => "gap" in reading || matches(filter, reading.event));
    const events = asked.flatMap((reading) => ("gap" in reading ? [] : [reading.event]));
    const seen = await visible(identity, this.#directory, events, filter.labelSelector);
    const allowed = new Set(events.filter((_, index) => seen[index]));
    return asked.filter((reading) => "gap" in reading || allowed.has(reading.event));
  }
}

/** Readers of one process share what they read: each event is looked through once, not once for each of them. */
const known = new WeakMap<object, BusEvent | null>();

/** Null for what a newer version may have published: passed over, not fatal. */
function decode(event: unknown): BusEvent | null {
  if (typeof event !== "object" || event === null) return null;
  let decoded = known.get(event);
  if (decoded === undefined) {
    decoded = BusEvent.safeParse(event).data ?? null;
    known.set(event, decoded);
  }
  return decoded;
}

function decoded({ cursor, event }: BusItem<unknown>): Reading<BusEvent>[] {
  const known = decode(event);
  return known ? [{ cursor, event: known }] : [];
}
