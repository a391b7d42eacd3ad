import pLimit from "p-limit";
import { callScope, setCallScope } from "./call-scope.ts";
import { CodedError } from "./errors.ts";
import { failed, type Outcome } from "./outcome.ts";
import { type Span, spanning, tracer } from "./tracing.ts";

export interface FanOutOptions<K> {
  /** Ends every task: the caller went away. */
  signal: AbortSignal;
  /** How long one target may take, from its own start, in milliseconds. */
  patienceMs: (key: K) => number;
  /** Tasks under way at once. */
  concurrency?: number;
  /** Told about errors that are ours, not an upstream's. */
  onInternalError?: (error: unknown) => void;
}

const DEFAULT_CONCURRENCY = 256;

/**
 * Run `task` for every key: bounded, with patience per target, cancellable, in the order asked, never rejecting.
 * A task gets a signal that ends with the caller or with its own patience, and must hand it to its I/O.
 */
export async function fanOut<K, T>(
  keys: readonly K[],
  task: (key: K, signal: AbortSignal) => Promise<T>,
  options: FanOutOptions<K>,
): Promise<Outcome<T>[]> {
  const limit = pLimit(options.concurrency ?? DEFAULT_CONCURRENCY);
  const all = (): Promise<Outcome<T>[]> => Promise.all(keys.map((key) => limit(() => attempt(key, task, options))));
  const span = tracer()?.part("fan-out", "internal", { "aiops.targets": keys.length });
  if (!span) return await all();
  return await spanning(span, async () => counted(span, await all()));
}

/** How many ended how: which they were is in the answer. */
function counted<T>(span: Span, outcomes: Outcome<T>[]): Outcome<T>[] {
  for (const [status, group] of Map.groupBy(outcomes, ({ status }) => status))
    span.set({ [`aiops.targets.${status.toLowerCase()}`]: group.length });
  return outcomes;
}

async function attempt<K, T>(
  key: K,
  task: (key: K, signal: AbortSignal) => Promise<T>,
  { signal, patienceMs, onInternalError }: FanOutOptions<K>,
): Promise<Outcome<T>> {
  const startedAt = new Date();
  const start = performance.now();
  const controller = new AbortController();
  const patience = patienceMs(key);
  const timer = setTimeout(() => controller.abort(timedOut(patience)), patience);
  const { deadline = Number.POSITIVE_INFINITY, ...scope } = callScope(signal);
  setCallScope(controller.signal, { ...scope, deadline: Math.min(start + patience, deadline) });
  const cancel = (): void => controller.abort(cancelled());
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  const elapsed = (): number => Math.round(performance.now() - start);
  try {
    const value = await raceAbort(controller.signal, () => task(key, controller.signal));
    return { status: "SUCCESS", startedAt, durationMs: elapsed(), value };
  } catch (error) {
    const outcome = failed(error);
    if (outcome.failure?.code === "INTERNAL_SERVER_ERROR") onInternalError?.(error);
    return { ...outcome, startedAt, durationMs: elapsed() };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", cancel);
  }
}

/** The task's end, or the abort's reason at once: a task deaf to its signal must not hold the others. */
function raceAbort<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    task().then(resolve, (error: unknown) => reject(signal.aborted ? signal.reason : error));
  });
}

const timedOut = (patienceMs: number): CodedError =>
  new CodedError("UPSTREAM_TIMEOUT", `No complete answer within ${patienceMs / 1000} s.`);

const cancelled = (): CodedError => new CodedError("CANCELLED", "The request was cancelled.");
