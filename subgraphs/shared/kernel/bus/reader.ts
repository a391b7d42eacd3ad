import { PulledIterator } from "../pulled-iterator.ts";
import type { BusGap, BusItem, Cursor, EventBus } from "./event-bus.ts";

export type Reading<T> = ({ gap: BusGap } & { cursor: Cursor }) | BusItem<T>;

const PAGE = 100;

/**
 * A topic read as an async iterator from a cursor on (null: only what is to come). It holds at most one page: a slow reader
 * is only a cursor.
 */
export class BusReader<T> extends PulledIterator<Reading<T>> {
  readonly #bus: EventBus;
  readonly #topic: string;
  readonly #decode: (event: unknown) => T | null;
  #cursor: Cursor | null;
  #page: Reading<T>[] = [];
  #unwatch: (() => void) | undefined;
  #rung = true;
  #wake: (() => void) | undefined;

  /** @param options.decode the event, or null for one to pass over (not decodable by this version). */
  constructor(options: { bus: EventBus; topic: string; after: Cursor | null; decode: (event: unknown) => T | null }) {
    super();
    this.#bus = options.bus;
    this.#topic = options.topic;
    this.#cursor = options.after;
    this.#decode = options.decode;
  }

  protected async look(): Promise<Reading<T> | undefined> {
    const item = this.#page.shift();
    if (item) return item;
    this.#unwatch ??= this.#bus.watch(this.#topic, () => this.#ring());
    this.#cursor ??= await this.#bus.head(this.#topic);
    if (this.#rung) await this.#read(this.#cursor);
    else await new Promise<void>((resolve) => (this.#wake = resolve));
    return undefined;
  }

  protected leave(): void {
    this.#unwatch?.();
    this.#wake?.();
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
}
