import { availableParallelism } from "node:os";
import type { Transferable, Worker } from "node:worker_threads";
import { CodedError } from "../../shared/kernel/errors.ts";
import { lossOf, startWorker, type WorkerSpec } from "../../shared/kernel/worker-thread.ts";
import type { JudgeTask, ReadTask, Reply, Task } from "./detection-task.plan.ts";
import type { JudgedFinding, SamplesAnswer } from "./samples.mapper.ts";

/** Tasks that wait for a worker; each holds its samples. */
const MOST_WAITING = 2000;
/** A worker that has nothing to do for so long is let go. */
const IDLE_MS = 30_000;
const DETECTION: WorkerSpec = {
  source: new URL("./detection.worker.ts", import.meta.url),
  name: "anomaly-detection",
  // An answer of 64 MiB, read, takes about ten times that.
  memory: { maxOldGenerationSizeMb: 1024 },
  tooMuch: "The series take more memory than a scan may have. Ask for fewer, or a larger step.",
};

interface Job {
  task: Task;
  buffers: readonly Transferable[];
  signal: AbortSignal;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/**
 * A few worker threads, started when there is something to do: one core is left to the event loop. A task whose caller goes away is
 * stopped with its worker, since nothing else ends a calculation.
 */
export class DetectionPool {
  readonly #size: number;
  readonly #idle = new Map<Worker, NodeJS.Timeout>();
  readonly #running = new Map<Worker, Job>();
  readonly #waiting = new Set<Job>();
  #closed = false;

  constructor(size: number = Math.max(1, availableParallelism() - 1)) {
    this.#size = size;
  }

  /** How many threads there are now. */
  get workers(): number {
    return this.#idle.size + this.#running.size;
  }

  get size(): number {
    return this.#size;
  }

  /** @throws what reading the answer does */
  read(task: Omit<ReadTask, "kind">, signal: AbortSignal): Promise<SamplesAnswer> {
    return this.#run<SamplesAnswer>({ kind: "read", ...task }, [], signal);
  }

  /** The findings of each series. The samples are the worker's from then on. */
  judge(task: Omit<JudgeTask, "kind">, signal: AbortSignal): Promise<JudgedFinding[][]> {
    const buffers = task.series.flatMap(({ times, values }) => [times.buffer, values.buffer]);
    return this.#run<JudgedFinding[][]>({ kind: "judge", ...task }, buffers, signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const jobs = [...this.#waiting, ...this.#running.values()];
    const workers = [...this.#idle.keys(), ...this.#running.keys()];
    for (const timer of this.#idle.values()) clearTimeout(timer);
    this.#waiting.clear();
    this.#running.clear();
    this.#idle.clear();
    for (const { reject } of jobs) reject(stopping());
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #run<T>(task: Task, buffers: readonly Transferable[], signal: AbortSignal): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (this.#closed) reject(stopping());
    else if (signal.aborted) reject(signal.reason);
    else if (this.#waiting.size >= MOST_WAITING) reject(busy());
    else {
      const abort = (): void => this.#abort(job);
      const ended =
        <A>(end: (outcome: A) => void) =>
        (outcome: A): void => {
          signal.removeEventListener("abort", abort);
          end(outcome);
        };
      const job: Job = { task, buffers, signal, resolve: ended((value) => resolve(value as T)), reject: ended(reject) };
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting.add(job);
      this.#next();
    }
    return promise;
  }

  #next(): void {
    for (const job of this.#waiting) {
      const worker = this.#takeIdle() ?? (this.workers < this.#size ? this.#start() : null);
      if (!worker) return;
      this.#waiting.delete(job);
      this.#running.set(worker, job);
      worker.postMessage(job.task, job.buffers);
    }
  }

  #takeIdle(): Worker | null {
    for (const [worker, timer] of this.#idle) {
      clearTimeout(timer);
      this.#idle.delete(worker);
      return worker;
    }
    return null;
  }

  #start(): Worker {
    const worker = startWorker(DETECTION);
    // Whoever waits for it keeps the process.
    worker.unref();
    worker.on("message", (reply: Reply<unknown>) => this.#answered(worker, reply));
    worker.on("error", (cause) => this.#lost(worker, lossOf(DETECTION, cause)));
    worker.on("exit", () => this.#lost(worker, lossOf(DETECTION, "it ended")));
    return worker;
  }

  #answered(worker: Worker, reply: Reply<unknown>): void {
    const job = this.#running.get(worker);
    if (!job) return;
    this.#running.delete(worker);
    const timer = setTimeout(() => {
      if (this.#idle.delete(worker)) void worker.terminate();
    }, IDLE_MS);
    this.#idle.set(worker, timer.unref());
    if (reply.ok) job.resolve(reply.value);
    else job.reject(errorOf(reply.problem));
    this.#next();
  }

  #abort(job: Job): void {
    job.reject(job.signal.reason);
    if (this.#waiting.delete(job)) return;
    for (const [worker, running] of this.#running) {
      if (running !== job) continue;
      this.#running.delete(worker);
      void worker.terminate();
    }
    this.#next();
  }

  #lost(worker: Worker, error: Error): void {
    const job = this.#running.get(worker);
    clearTimeout(this.#idle.get(worker));
    this.#idle.delete(worker);
    this.#running.delete(worker);
    job?.reject(error);
    if (!this.#closed) this.#next();
  }
}

const errorOf = ({ code, message }: Extract<Reply<never>, { ok: false }>["problem"]): Error =>
  code ? new CodedError(code, message) : new Error(`A detection worker failed: ${message}`);

const stopping = (): CodedError => new CodedError("SHUTTING_DOWN", "The server is stopping; ask again.");

const busy = (): CodedError =>
  new CodedError("RATE_LIMITED", "Too many series wait to be looked at; try again later.", { retryAfterSeconds: 10 });
