import { type ResourceLimits, Worker } from "node:worker_threads";
import { CodedError } from "./errors.ts";

export interface WorkerSpec {
  /** `new URL("./x.worker.ts", import.meta.url)`; where the product runs compiled, so does it. */
  source: URL;
  name: string;
  memory: ResourceLimits;
  /** What is said where it takes more memory than that. */
  tooMuch: string;
}

export function startWorker({ source, name, memory }: WorkerSpec, workerData?: unknown): Worker {
  const isSource = import.meta.url.endsWith(".ts");
  return new Worker(isSource ? source : new URL(source.href.replace(/\.ts$/, ".js")), {
    name,
    workerData,
    // A loader or a coverage hook of the parent has no business in there.
    execArgv: [],
    resourceLimits: memory,
  });
}

/** Why a worker is lost: one that grew over its bounds was given too much; anything else is ours to fix. */
export const lossOf = ({ name, tooMuch }: WorkerSpec, cause: unknown): Error =>
  cause instanceof Error && "code" in cause && cause.code === "ERR_WORKER_OUT_OF_MEMORY"
    ? new CodedError("LIMIT_EXCEEDED", tooMuch, undefined, { cause })
    : new Error(`The ${name} worker failed.`, { cause });

/**
 * What a worker of its own makes of this, which is the first that it posts. Ended with the signal, since nothing else ends a calculation.
 * @throws LIMIT_EXCEEDED where that takes too much memory; the signal's reason
 */
export async function workBeside<T>(spec: WorkerSpec, given: unknown, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const worker = startWorker(spec, given);
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  worker.once("message", resolve);
  worker.once("error", (cause) => reject(lossOf(spec, cause)));
  worker.once("exit", () => reject(lossOf(spec, "it ended")));
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", abort);
    await worker.terminate();
  }
}
