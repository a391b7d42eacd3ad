import type { Cursor, EventBus } from "../../shared/kernel/bus/event-bus.ts";
import { BusEvent, EVENTS } from "../../shared/kernel/bus/events.ts";

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
  /** After so long without news the whole is listed again: rights change without an event. */
  relistMs: number;
}

const BATCH = 1000;

/**
 * A snapshot in pages, its end, and then changes: per item every key that has changed since the last, once. A slow reader is
 * only a cursor, so that it gets the latest state of each and never a queue; one that fell behind what the bus keeps gets a new
 * snapshot. Hand-made for the reason given in channel.ts.
 */
export class StateStream implements AsyncIterableIterator<StateItem> {
  readonly #options: StateStreamOptions;
  /** What the reader has been told of and not that it is gone. */
  #known = new Set<string>();
  #items: StateItem[] = [];
  #cursor: Cursor | null = null;
  #rung = true;
  #relist = false;
  #unwatch: (() => void) | undefined;
  #wake: (() => void) | undefined;
  #done = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: StateStreamOptions) {
    this.#options = options;
  }

  next(): Promise<IteratorResult<StateItem>> {
    const next = this.#turn.then(() => this.#next());
    this.#turn = next.catch(() => {});
    return next;
  }

  async #next(): Promise<IteratorResult<StateItem>> {
    try {
      while (!this.#done) {
        const item = this.#items.shift();
        if (item) return { value: item, done: false };
        if (this.#cursor === null) await this.#snapshot();
        else if (this.#rung) await this.#read(this.#cursor);
        else if (this.#relist) await this.#compare(this.#cursor);
        else await this.#news();
      }
    } catch (error) {
      // Nobody calls return() after a rejected next(), and nobody who has left wants to hear of it.
      const left = this.#done;
      await this.return();
      if (!left) throw error;
    }
    return { value: undefined, done: true };
  }

  /** The head is taken before the list: what changes in between is told twice rather than never. */
  async #snapshot(): Promise<void> {
    const { bus, source, pageSize } = this.#options;
    this.#unwatch ??= bus.watch(EVENTS, () => this.#ring());
    const cursor = await bus.head(EVENTS);
    const keys = await source.list();
    this.#known = new Set(keys);
    for (const page of pages(keys, pageSize)) this.#items.push({ kind: "SNAPSHOT", cursor, keys: page });
    this.#items.push({ kind: "END_OF_SNAPSHOT", cursor });
    this.#cursor = cursor;
  }

  async #read(after: Cursor): Promise<void> {
    const { bus, source } = this.#options;
    this.#rung = false;
    const { gap, items } = await bus.read(EVENTS, after, BATCH);
    if (gap) {
      this.#cursor = null;
      return;
    }
    if (items.length === BATCH) this.#rung = true;
    const touched = new Set<string>();
    for (const { event } of items) {
      const { data } = BusEvent.safeParse(event);
      const key = data ? source.keyOf(data) : null;
      if (key !== null) touched.add(key);
    }
    this.#cursor = items.at(-1)?.cursor ?? after;
    if (touched.size > 0) this.#tell([...touched], await source.keep([...touched]), this.#cursor);
  }

  /** What came or went without an event. */
  async #compare(cursor: Cursor): Promise<void> {
    this.#relist = false;
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

  async #news(): Promise<void> {
    const timer = setTimeout(() => {
      this.#relist = true;
      this.#wake?.();
    }, this.#options.relistMs);
    await new Promise<void>((resolve) => (this.#wake = resolve));
    clearTimeout(timer);
  }

  #ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  return(): Promise<IteratorResult<StateItem>> {
    this.#done = true;
    this.#items = [];
    this.#unwatch?.();
    this.#wake?.();
    return Promise.resolve({ value: undefined, done: true });
  }

  throw(error: unknown): Promise<IteratorResult<StateItem>> {
    return this.return().then(() => Promise.reject(error));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

function pages(keys: readonly string[], size: number): string[][] {
  const count = Math.ceil(keys.length / size);
  return Array.from({ length: count }, (_, index) => keys.slice(index * size, (index + 1) * size));
}
