import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { appendAudit } from "../../../prisma/audit.ts";
import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import type { Outbox } from "../../../prisma/outbox.ts";
import { type BusEvent, EVENTS, type EventType } from "../kernel/bus/events.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/log.ts";
import type { Operation } from "../kernel/subgraph.ts";

/** What happened to a cluster, for whoever listens. */
export interface ClusterEvent {
  type: EventType;
  /** Without an id where it is not of one cluster. */
  cluster: { id: string | null; tenantId: string };
  /** The namespace it happened in, if it did in one. */
  namespace?: string | null;
  payload: Record<string, unknown>;
}

/** What somebody did, for the audit log. */
export interface Deed {
  action: string;
  /** The cluster it was done to; of what is not one cluster's, a name and no id. */
  cluster: { id: string | null; tenantId: string; name: string };
  before: Prisma.InputJsonObject | null;
  after: Prisma.InputJsonObject | null;
}

/** A writer waits this long for its events to be out; if the bus is slower, they follow by themselves. */
const PUBLISH_WAIT_MS = 1000;

/**
 * The one way to change what is kept of a cluster: the write, its audit entry and its events are one transaction, and the events are
 * published once that is durable, never before.
 */
export class Changes {
  readonly #prisma: PrismaClient;
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(options: { prisma: PrismaClient; outbox: Outbox; clock: Clock; log: Logger }) {
    this.#prisma = options.prisma;
    this.#outbox = options.outbox;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Run `work` in a transaction; what it tells the recorder is part of it. */
  async commit<T>(work: (tx: Prisma.TransactionClient, record: Recorder) => Promise<T>): Promise<T> {
    let events = 0;
    const count = (added: number): void => {
      events += added;
    };
    const result = await this.#prisma.$transaction((tx) => work(tx, this.#recorder(tx, count)));
    if (events > 0) await this.#published();
    return result;
  }

  #recorder(tx: Prisma.TransactionClient, onEvents: (count: number) => void): Recorder {
    const now = this.#clock.now();
    return {
      event: async (...events) => {
        const busEvents = events.map(
          ({ type, cluster, namespace, payload }): BusEvent => ({
            event_id: randomUUID(),
            event_type: type,
            tenant_id: cluster.tenantId,
            cluster_id: cluster.id,
            namespace: namespace ?? null,
            timestamp: now.toISOString(),
            payload,
          }),
        );
        await this.#outbox.add(tx, EVENTS, busEvents);
        onEvents(events.length);
      },
      deed: async ({ identity, requestId }, { action, cluster, before, after }) => {
        const { tenantId, id: clusterId, name: subject } = cluster;
        await appendAudit(tx, {
          tenantId,
          clusterId,
          subject,
          actor: identity.user,
          at: now,
          action,
          before,
          after,
          requestId,
        });
      },
    };
  }

  /** The write stands whatever becomes of this: what is not out now, the outbox's job publishes. */
  async #published(): Promise<void> {
    const flushed = this.#outbox.flush().catch((error: unknown) => {
      this.#log.warn({ err: error }, "events wait to be published");
    });
    const patience = new AbortController();
    await Promise.race([flushed, delay(PUBLISH_WAIT_MS, undefined, { signal: patience.signal }).catch(() => {})]);
    patience.abort();
  }
}

export interface Recorder {
  /** Several are one statement, and are told of in the order given. */
  event(...events: readonly ClusterEvent[]): Promise<void>;
  deed(by: Pick<Operation, "identity" | "requestId">, deed: Deed): Promise<void>;
}
