import { LRUCache } from "lru-cache";
import { appendAudit } from "../../../prisma/audit.ts";
import type { PrismaClient } from "../../../prisma/generated/client.ts";
import type { Clock } from "../kernel/clock.ts";
import { CodedError } from "../kernel/errors.ts";
import type { Logger } from "../kernel/log.ts";
import type { Operation } from "../kernel/subgraph.ts";

/** What was refused: a field of the graph or a path beside it, and what its caller was told. */
export interface Refusal {
  field: string;
  message: string;
}

/** One entry for who tries the same over and over. */
const QUIET_MS = 60_000;
const MOST = 10_000;

/** What people tried without the right to, for the audit log. */
export class Refusals {
  readonly #prisma: PrismaClient;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #told = new LRUCache<string, true>({ max: MOST, ttl: QUIET_MS, perf: Date });
  readonly #pending = new Set<Promise<void>>();

  constructor({ prisma, clock, log }: { prisma: PrismaClient; clock: Clock; log: Logger }) {
    this.#prisma = prisma;
    this.#clock = clock;
    this.#log = log;
  }

  /** Does not hold up the refusal. */
  note({ identity, requestId }: Pick<Operation, "identity" | "requestId">, { field, message }: Refusal): void {
    const { tenant: tenantId, user: actor, apiToken } = identity;
    const key = JSON.stringify([tenantId, actor, field]);
    if (this.#told.has(key)) return;
    this.#told.set(key, true);
    const written = appendAudit(this.#prisma, {
      tenantId,
      actor,
      requestId,
      at: this.#clock.now(),
      action: "REFUSE_ACCESS",
      clusterId: null,
      subject: field,
      before: null,
      after: { message, ...(apiToken ? { apiToken } : {}) },
    })
      .catch((error: unknown) => this.#log.error({ err: error, requestId }, "a refusal could not be audited"))
      .finally(() => this.#pending.delete(written));
    this.#pending.add(written);
  }

  /** What `work` refuses is noted, and refused. */
  async noting<T>(by: Pick<Operation, "identity" | "requestId">, field: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof CodedError && error.code === "FORBIDDEN") this.note(by, { field, message: error.message });
      throw error;
    }
  }

  /** Resolves when all of it is written. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }
}
