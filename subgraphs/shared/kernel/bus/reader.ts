import type { BusGap, BusItem, Cursor, EventBus } from "./event-bus.ts";

export type Reading<T> = ({ gap: BusGap } & { cursor: Cursor }) | BusItem<T>;

const PAGE = 100;

/**
 * A topic read as an async iterator from a cursor on (null: only what is to come). It holds at most one page: a slow reader
 * is only a cursor. Hand-made for the reason given in channel.ts: return() must end a pending next() at once.
 */
export class BusReader<T> implements AsyncIterableIterator<Reading<T>> {
  readonly #bus: EventBus;
  readonly #topic: string;
  readonly #decode: (event: unknown) => T | null;
  #cursor: Cursor | null;
  #page: Reading<T>[] = [];
  #unwatch: (() => void) | undefined;
  #rung = true;
  #wake: (() => void) | undefined;
  #done = false;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param options.decode the event, or null for one to pass over (not decodable by this version). */
  constructor(options: { bus: EventBus; topic: string; after: Cursor | null; decode: (event: unknown) => T | null }) {
    this.#bus = options.bus;
    this.#topic = options.topic;
    this.#cursor = options.after;
    this.#decode = options.decode;
  }

  next(): Promise<IteratorResult<Reading<T>>> {
    // One after the other: two at once would read the same page.
    const next = this.#turn.then(() => this.#next());
    this.#turn = next.catch(() => {});
    return next;
  }

  async #next(): Promise<IteratorResult<Reading<T>>> {
    try {
      while (!this.#done) {
        const item = this.#page.shift();
        if (item) return { value: item, done: false };
        this.#unwatch ??= this.#bus.watch(this.#topic, () => this.#ring());
        this.#cursor ??= await this.#bus.head(this.#topic);
        if (this.#rung) await this.#read(this.#cursor);
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } catch (error) {
      // Nobody calls return() after a rejected next(), and nobody who has left wants to hear of it.
      const left = this.#done;
      await this.return();
      if (!left) throw error;
    }
    return { value: undefined, done: true };
  }

  async #read(after: Cursor): Promise<void> {
    this.#rung = false;
    const { gap, items } = await this.#bus.read(this.#topic, after, PAGE);
    // A full page may have more behind it that rang before.
    if (items.length === PAGE) this.#rung = true;
    if (gap) this.#page.push({ gap, cursor: gap.to });
    for (const { cursor, event } of items) {
      const decoded = this.#decode(event);
      if (decoded !== null) this.#page.push({ cursor, event: decoded });
    }
    this.#cursor = items.at(-1)?.cursor ?? gap?.to ?? after;
  }

  #ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  return(): Promise<IteratorResult<Reading<T>>> {
    this.#done = true;
    this.#unwatch?.();
    this.#wake?.();
    return Promise.resolve({ value: undefined, done: true });
  }

  throw(error: unknown): Promise<IteratorResult<Reading<T>>> {
    return this.return().then(() => Promise.reject(error));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
