import { setTimeout as delay } from "node:timers/promises";
import pLimit from "p-limit";
import { setCallScope } from "../../shared/kernel/call-scope.ts";
import { Channel } from "../../shared/kernel/channel.ts";
import { CodedError } from "../../shared/kernel/errors.ts";

/** One cluster's part of a round. */
export interface MetricStreamPart<T> {
  round: number;
  /** Parts of the round that have come, this one included, and how many there will be. */
  completed: number;
  total: number;
  /** Null where the round has no part. */
  result: T | null;
  done: boolean;
}

/** What is asked in one round. */
export type Round<T> = readonly ((signal: AbortSignal) => Promise<T>)[];

const CONCURRENCY = 256;

/**
 * A question asked over and over, each cluster's part as it comes in. A round that takes longer than the pause puts off the next, and
 * what a slow reader has not read of one goes when the next begins. Ends its questions at once when its reader leaves.
 */
export function metricStream<T>(options: {
  first: Round<T>;
  /** Looked up for each round: clusters and rights change. */
  next: () => Promise<Round<T>>;
  everyMs: number;
  /** Tells between rounds too once there is no right to it any more. @returns how to stop. */
  watch?: ((lost: (error: CodedError) => void) => () => void) | undefined;
  caller: string;
  signal: AbortSignal;
}): AsyncIterableIterator<MetricStreamPart<T>> {
  const controller = new AbortController();
  const { signal } = controller;
  setCallScope(signal, { caller: options.caller });
  const channel = new Channel<MetricStreamPart<T>>({
    limit: Number.POSITIVE_INFINITY,
    onClose: () => {
      stopWatching?.();
      controller.abort(new CodedError("CANCELLED", "The stream was left."));
    },
  });
  const stopWatching = options.watch?.((error) => channel.close(error));
  const leave = (): void => void channel.return();
  options.signal.addEventListener("abort", leave, { once: true });
  signal.addEventListener("abort", () => options.signal.removeEventListener("abort", leave), { once: true });

  const play = async (round: number, asked: Round<T>): Promise<void> => {
    const limit = pLimit(CONCURRENCY);
    const total = asked.length;
    let completed = 0;
    channel.clear();
    if (total === 0) channel.push({ round, completed, total, result: null, done: true });
    const part = async (ask: Round<T>[number]): Promise<void> => {
      const result = await ask(signal);
      completed += 1;
      channel.push({ round, completed, total, result, done: completed === total });
    };
    await Promise.all(asked.map((ask) => limit(part, ask)));
  };
  const run = async (): Promise<void> => {
    for (let round = 1; !signal.aborted; round += 1) {
      const began = performance.now();
      await play(round, round === 1 ? options.first : await options.next());
      await delay(Math.max(0, options.everyMs - (performance.now() - began)), undefined, { signal });
    }
  };
  // Once it was left, whatever the loop ends with concerns nobody.
  void run().catch((error: unknown) => channel.close(error));
  return channel;
}
