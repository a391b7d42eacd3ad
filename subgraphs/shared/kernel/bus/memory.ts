import type { Clock } from "../clock.ts";
import {
  type BusItem,
  type BusPage,
  type Cursor,
  type EventBus,
  formatCursor,
  type Retention,
  resume,
} from "./event-bus.ts";

interface Topic {
  items: (BusItem<unknown> & { at: number; id: string | undefined })[];
  /** Cursors of the kept items that came with an id. */
  ids: Map<string, Cursor>;
  /** Sequence number of items[0]. */
  oldest: number;
  bells: Set<() => void>;
}

/** The bus of a single process. */
export class MemoryBus implements EventBus {
  readonly #topics = new Map<string, Topic>();
  readonly #retention: Retention;
  readonly #clock: Clock;
  readonly #epoch: number;

  constructor(options: { retention: Retention; clock: Clock }) {
    this.#retention = options.retention;
    this.#clock = options.clock;
    this.#epoch = options.clock.now().getTime();
  }

  async publish(name: string, event: object, id?: string): Promise<Cursor> {
    const topic = this.#topic(name);
    const known = id === undefined ? undefined : topic.ids.get(id);
    if (known) return known;
    const cursor = formatCursor({ epoch: this.#epoch, seq: topic.oldest + topic.items.length });
    topic.items.push({ cursor, event, at: this.#clock.now().getTime(), id });
    if (id !== undefined) topic.ids.set(id, cursor);
    this.#trim(topic);
    for (const bell of topic.bells) bell();
    return cursor;
  }

  async read(name: string, after: Cursor | null, limit: number): Promise<BusPage<unknown>> {
    const topic = this.#topic(name);
    this.#trim(topic);
    const newest = topic.oldest + topic.items.length - 1;
    const { from, gap } = resume(after, { epoch: this.#epoch, oldest: topic.oldest, newest });
    const start = from - topic.oldest;
    return { gap, items: topic.items.slice(start, start + limit).map(({ cursor, event }) => ({ cursor, event })) };
  }

  async head(name: string): Promise<Cursor> {
    const topic = this.#topic(name);
    return formatCursor({ epoch: this.#epoch, seq: topic.oldest + topic.items.length - 1 });
  }

  watch(name: string, bell: () => void): () => void {
    const { bells } = this.#topic(name);
    // Wrapped, so that the same function may watch twice.
    const ring = (): void => bell();
    bells.add(ring);
    return () => bells.delete(ring);
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {
    this.#topics.clear();
  }

  #topic(name: string): Topic {
    let topic = this.#topics.get(name);
    if (!topic) {
      topic = { items: [], ids: new Map(), oldest: 1, bells: new Set() };
      this.#topics.set(name, topic);
    }
    return topic;
  }

  #trim(topic: Topic): void {
    const tooOld = this.#clock.now().getTime() - this.#retention.ageMs;
    const over = Math.max(0, topic.items.length - this.#retention.count);
    const fresh = topic.items.findIndex(({ at }) => at > tooOld);
    const drop = Math.max(over, fresh === -1 ? topic.items.length : fresh);
    if (drop === 0) return;
    for (const { id } of topic.items.splice(0, drop)) if (id !== undefined) topic.ids.delete(id);
    topic.oldest += drop;
  }
}
