import type { Prisma, PrismaClient } from "./generated/client.ts";

/** One publisher at a time, over all processes, so that events leave in the order they were written. */
const LOCK = 7_261_053_118;
const BATCH = 100;

/** Publishes an event under an id: the same id twice is one event. */
export type Publish = (topic: string, event: object, id: string) => Promise<unknown>;

/** An event to publish once its change is durable; `event_id` is its id. */
export interface Outgoing {
  event_id: string;
}

/**
 * Events written in the transaction of the change they tell of, and published after it, never before. A process that dies in
 * between loses none: another one publishes what is left, and the bus drops what it has already.
 */
export class Outbox {
  readonly #prisma: PrismaClient;
  readonly #publish: Publish;
  #flushing: Promise<void> | undefined;
  #again = false;

  constructor(prisma: PrismaClient, publish: Publish) {
    this.#prisma = prisma;
    this.#publish = publish;
  }

  /** Within the change's own transaction. */
  async add(tx: Prisma.TransactionClient, topic: string, events: readonly Outgoing[]): Promise<void> {
    if (events.length === 0) return;
    await tx.outboxEvent.createMany({ data: events.map((event) => ({ topic, event: { ...event } })) });
  }

  /** How many events are durable and not published yet. */
  waiting(): Promise<number> {
    return this.#prisma.outboxEvent.count();
  }

  /** Publish what is durable and unpublished, in order. Calls while one runs share the next run. */
  flush(): Promise<void> {
    if (this.#flushing) {
      this.#again = true;
      return this.#flushing;
    }
    this.#flushing = this.#run();
    return this.#flushing;
  }

  async #run(): Promise<void> {
    try {
      do {
        this.#again = false;
        while ((await this.#batch()) === BATCH) {
          // More is waiting.
        }
      } while (this.#again);
    } finally {
      // In one step with the check above: a caller in between would wait for a run that looks no more.
      this.#flushing = undefined;
    }
  }

  async #batch(): Promise<number> {
    return await this.#prisma.$transaction(async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(${LOCK})`;
      const rows = await tx.outboxEvent.findMany({ orderBy: { seq: "asc" }, take: BATCH });
      for (const { topic, event } of rows)
        await this.#publish(topic, event as object, (event as unknown as Outgoing).event_id);
      if (rows.length > 0) await tx.outboxEvent.deleteMany({ where: { seq: { in: rows.map(({ seq }) => seq) } } });
      return rows.length;
    });
  }
}
