import { setTimeout as delay } from "node:timers/promises";
import { PgBoss } from "pg-boss";
import { Registry } from "prom-client";
import { histogram, lastOf } from "./instruments.ts";
import type { Logger } from "./log.ts";
import type { Job } from "./subgraph.ts";

type ExecuteSql = (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }>;

/** A run that takes longer is taken for dead, and another replica goes on. */
const EXPIRE_SECONDS = 300;
const POLL_SECONDS = 0.5;

/**
 * Repeated jobs on pg-boss: PostgreSQL decides which replica runs one, so that replicas share the work with no lock of ours.
 * A queue holds at most one waiting and one active job ("stately"). Every run first queues its successor, so that a process
 * killed in the middle breaks no chain. A job that shares its work out by itself runs on every replica, by a plain loop.
 */
export class JobEngine {
  readonly #boss: PgBoss;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  readonly #here: Promise<void>[] = [];
  readonly #seconds;
  readonly #succeeded;
  #state = "starting";

  constructor(options: { executeSql: ExecuteSql; log: Logger; registry?: Registry }) {
    const { registry = new Registry() } = options;
    this.#log = options.log;
    this.#seconds = histogram(
      registry,
      "aiops_job_duration_seconds",
      "Runs of a repeated job in this process, by outcome (ok, error). A job that fails is in the log with its reason.",
      ["job", "outcome"],
    );
    this.#succeeded = lastOf(
      registry,
      "aiops_job_last_success_timestamp_seconds",
      "When a job last ended well in this process; take the newest over all replicas. Far in the past: it stands still.",
      ["job"],
    );
    this.#boss = new PgBoss({
      db: { executeSql: options.executeSql },
      schema: "jobs",
      schedule: false,
    });
    this.#boss.on("error", (error) => options.log.warn({ err: error }, "job engine"));
  }

  /** "ok", or why shared jobs do not run here. */
  get state(): string {
    return this.#state;
  }

  async start(jobs: readonly Job[]): Promise<void> {
    for (const job of jobs) if (job.onEveryReplica) this.#here.push(this.#repeatHere(job));
    try {
      await this.#boss.start();
      for (const job of jobs) if (!job.onEveryReplica) await this.#repeat(job);
      this.#state = "ok";
    } catch (error) {
      this.#state = "did not start";
      throw error;
    }
  }

  /** Needs no word of another replica: so none that died can hold it back. */
  async #repeatHere(job: Job): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#run(job, signal);
      await delay(job.everyMs, undefined, { signal }).catch(() => {});
    }
  }

  async #run(job: Job, signal: AbortSignal): Promise<void> {
    const began = performance.now();
    let outcome = "ok";
    try {
      await job.run(signal);
      this.#succeeded.set({ job: job.name }, Date.now() / 1000);
    } catch (error) {
      outcome = "error";
      this.#log.error({ err: error, job: job.name }, "a job failed");
    }
    this.#seconds.observe({ job: job.name, outcome }, (performance.now() - began) / 1000);
  }

  async #repeat(repeated: Job): Promise<void> {
    const { name, everyMs } = repeated;
    await this.#boss.createQueue(name, {
      policy: "stately",
      expireInSeconds: EXPIRE_SECONDS,
      deleteAfterSeconds: 60,
      retryLimit: 0,
    });
    await this.#boss.work(name, { pollingIntervalSeconds: POLL_SECONDS }, async ([job]) => {
      await this.#boss.send(name, null, { startAfter: new Date(Date.now() + everyMs) });
      await this.#run(repeated, AbortSignal.any([this.#stop.signal, ...(job ? [job.signal] : [])]));
    });
    // Refused where one waits already: the chain of another replica, or of before a restart.
    await this.#boss.send(name, null);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#here);
    await this.#boss.stop({ graceful: true, timeout: 5000, close: false });
  }
}
