import { changesRights, type NamedClusters } from "../../shared/fleet/named-clusters.ts";
import type { Cursor, EventBus } from "../../shared/kernel/bus/event-bus.ts";
import { BusEvent, EVENTS } from "../../shared/kernel/bus/events.ts";
import { PulledIterator } from "../../shared/kernel/pulled-iterator.ts";

/** A set of things that are as they are now, and change: clusters, alerts that fire, nodes with GPUs. */
export interface StateSource {
  /** The key of every one that the reader may see and asked for, in the order to show them in. */
  list(): Promise<string[]>;
  /** Which one an event is about; null where it is about none. */
  keyOf(event: BusEvent): string | null;
  /** Which of these the reader may see and asked for, as things stand now. */
  keep(keys: readonly string[]): Promise<ReadonlySet<string>>;
}

export type StateItem =
  | { kind: "SNAPSHOT"; cursor: Cursor; keys: string[] }
  | { kind: "END_OF_SNAPSHOT"; cursor: Cursor }
  | { kind: "CHANGED"; cursor: Cursor; keys: string[]; removed: string[] };

export interface StateStreamOptions {
  bus: EventBus;
  source: StateSource;
  /** Keys in an item, at most. */
  pageSize: number;
  /** So often the whole is listed again: rights change without an event. */
  relistMs: number;
  /** The clusters that the reader named; the stream ends with CLUSTER_NOT_FOUND once one may no longer be seen. */
  clusters: NamedClusters | null;
}

const BATCH = 1000;

/**
 * A snapshot in pages, its end, and then changes: per item every key that has changed since the last, once. A slow reader is
 * only a cursor, so that it gets the latest state of each and never a queue; one that fell behind what the bus keeps gets a new
 * snapshot.
 */
export class StateStream extends PulledIterator<StateItem> {
  readonly #options: StateStreamOptions;
  /** What the reader has been told of and not that it is gone. */
  #known = new Set<string>();
  #items: StateItem[] = [];
  #cursor: Cursor | null = null;
  #rung = true;
  #relist = false;
  #timer: NodeJS.Timeout | undefined;
  #unwatch: (() => void) | undefined;
  #wake: (() => void) | undefined;

  constructor(options: StateStreamOptions) {
    super();
    this.#options = options;
  }

  protected async look(): Promise<StateItem | undefined> {
    const item = this.#items.shift();
    if (item) return item;
    if (this.#cursor === null) await this.#snapshot();
    else if (this.#relist) await this.#compare(this.#cursor);
    else if (this.#rung) await this.#read(this.#cursor);
    else await new Promise<void>((resolve) => (this.#wake = resolve));
    return undefined;
  }

  protected leave(): void {
    this.#items = [];
    clearInterval(this.#timer);
    this.#unwatch?.();
    this.#wake?.();
  }

  /** The head is taken before the list: what changes in between is told twice rather than never. */
  async #snapshot(): Promise<void> {
    const { bus, source, pageSize, relistMs, clusters } = this.#options;
    this.#unwatch ??= bus.watch(EVENTS, () => this.#ring());
    this.#timer ??= setInterval(() => this.#remind(), relistMs).unref();
    const cursor = await bus.head(EVENTS);
    await clusters?.begin();
    const keys = await source.list();
    this.#known = new Set(keys);
    for (const page of pages(keys, pageSize)) this.#items.push({ kind: "SNAPSHOT", cursor, keys: page });
    this.#items.push({ kind: "END_OF_SNAPSHOT", cursor });
    this.#cursor = cursor;
  }

  async #read(after: Cursor): Promise<void> {
    const { bus, source, clusters } = this.#options;
    this.#rung = false;
    const { gap, items } = await bus.read(EVENTS, after, BATCH);
    if (gap) {
      this.#cursor = null;
      return;
    }
    if (items.length === BATCH) this.#rung = true;
    const touched = new Set<string>();
    let isChanged = false;
    for (const { event } of items) {
      const { data } = BusEvent.safeParse(event);
      const key = data ? source.keyOf(data) : null;
      if (key !== null) touched.add(key);
      if (data?.cluster_id && clusters?.ids.has(data.cluster_id) && changesRights(data)) isChanged = true;
    }
    if (isChanged) await clusters?.check();
    this.#cursor = items.at(-1)?.cursor ?? after;
    if (touched.size > 0) this.#tell([...touched], await source.keep([...touched]), this.#cursor);
  }

  /** What came or went without an event. */
  async #compare(cursor: Cursor): Promise<void> {
    this.#relist = false;
    await this.#options.clusters?.check();
    const now = new Set(await this.#options.source.list());
    const moved = [...now].filter((key) => !this.#known.has(key));
    const gone = [...this.#known].filter((key) => !now.has(key));
    this.#tell([...moved, ...gone], now, cursor);
  }

  #tell(keys: readonly string[], kept: ReadonlySet<string>, cursor: Cursor): void {
    const changed = keys.filter((key) => kept.has(key));
    const removed = keys.filter((key) => !kept.has(key) && this.#known.delete(key));
    for (const key of changed) this.#known.add(key);
    const { pageSize } = this.#options;
    const later = pages(changed, pageSize);
    const first = later.shift() ?? [];
    if (first.length + removed.length > 0) this.#items.push({ kind: "CHANGED", cursor, keys: first, removed });
    for (const page of later) this.#items.push({ kind: "CHANGED", cursor, keys: page, removed: [] });
  }

  #remind(): void {
    this.#relist = true;
    this.#wake?.();
  }

  #ring(): void {
    this.#rung = true;
    this.#wake?.();
  }
}

function pages(keys: readonly string[], size: number): string[][] {
  const count = Math.ceil(keys.length / size);
  return Array.from({ length: count }, (_, index) => keys.slice(index * size, (index + 1) * size));
}
