import { z } from "zod";
import { PulledIterator } from "../pulled-iterator.ts";
import type { Cursor, EventBus } from "./event-bus.ts";
import { BusReader } from "./reader.ts";

// What is told of a piece of work (an answer, an analysis, a report) while it is done, by the process that does it to whoever
// watches, in any process. A few topics carry all of it: one for each would leave a log behind for each.

const TOPICS = 16;

const Told = z.object({ work_id: z.uuid(), item: z.unknown() });

/** Works of one id share a topic; a uuid's last digit spreads them. */
const topicOf = (workId: string): string => `work-${Number.parseInt(workId.at(-1) ?? "0", TOPICS)}`;

/** @param item goes as JSON: no Date, no undefined */
export const tellWork = (bus: EventBus, workId: string, item: object): Promise<Cursor> =>
  bus.publish(topicOf(workId), { work_id: workId, item });

/** Where a watcher starts who reads the work's state next: what is told from here on is not in that state for sure. */
export const workHead = (bus: EventBus, workId: string): Promise<Cursor> => bus.head(topicOf(workId));

/** Something was told that can no longer be read: the work's state has to be read anew. */
export const MISSED = Symbol("missed");

export interface WorkWatch<T> {
  bus: EventBus;
  workId: string;
  after: Cursor;
  /** What is told; null passes it over. */
  decode: (item: unknown) => T | null;
}

/** What is told of one piece of work from the cursor on. */
export class WorkStream<T> extends PulledIterator<T | typeof MISSED> {
  readonly #source: BusReader<T>;

  constructor({ bus, workId, after, decode }: WorkWatch<T>) {
    super();
    const mine = (event: unknown): T | null => {
      const { data } = Told.safeParse(event);
      return data?.work_id === workId ? decode(data.item) : null;
    };
    this.#source = new BusReader({ bus, topic: topicOf(workId), after, decode: mine });
  }

  protected async look(): Promise<T | typeof MISSED | undefined> {
    const next = await this.#source.next();
    if (next.done) return undefined;
    return "gap" in next.value ? MISSED : next.value.event;
  }

  protected leave(): void {
    void this.#source.return();
  }
}

/** Hear what is told of a piece of work from now on. @returns ends it, once what was heard is dealt with */
export function hearWork<T>(options: {
  bus: EventBus;
  workId: string;
  decode: (item: unknown) => T | null;
  heard: (news: T | typeof MISSED) => Promise<void> | void;
  /** Nothing more is heard. */
  failed: (error: unknown) => void;
}): () => Promise<void> {
  const { bus, workId, decode, heard, failed } = options;
  let stream: WorkStream<T> | undefined;
  let stopped = false;
  const hearing = async (): Promise<void> => {
    stream = new WorkStream({ bus, workId, after: await workHead(bus, workId), decode });
    if (stopped) return;
    for await (const news of stream) await heard(news);
  };
  const done = hearing().catch(failed);
  return async () => {
    stopped = true;
    await stream?.return();
    await done;
  };
}

/** How a piece of work is, and then each time that something is told of it; it ends with how the work ended. */
export class WorkProgress<Row extends { id: string }> extends PulledIterator<Row> {
  readonly #told: WorkStream<true>;
  readonly #load: () => Promise<Row>;
  readonly #isOver: (row: Row) => boolean;
  #first: Row | null;
  #over = false;

  /** @param options.after the work's head from before `first` was read, so that nothing is missed between. */
  constructor(options: {
    bus: EventBus;
    after: Cursor;
    first: Row;
    load: () => Promise<Row>;
    isOver: (row: Row) => boolean;
  }) {
    super();
    const { bus, after, first, load, isOver } = options;
    this.#first = first;
    this.#load = load;
    this.#isOver = isOver;
    this.#told = new WorkStream({ bus, workId: first.id, after, decode: () => true });
  }

  protected async look(): Promise<Row | undefined> {
    if (this.#over) {
      await this.return();
      return undefined;
    }
    const row = this.#first ?? (await this.#next());
    this.#first = null;
    this.#over = row !== undefined && this.#isOver(row);
    return row;
  }

  /** Whether it was told or missed, what there is to know is in the row. */
  async #next(): Promise<Row | undefined> {
    const { done } = await this.#told.next();
    return done ? undefined : await this.#load();
  }

  protected leave(): void {
    void this.#told.return();
  }
}
