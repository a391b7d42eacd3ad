import { monitorEventLoopDelay } from "node:perf_hooks";

const ROUND_MS = 60_000;

type Delays = ReturnType<typeof monitorEventLoopDelay>;

let histogram: Delays | undefined;
let lastRound = 0;

/** From now on its delays are known; once for the process. */
export function watchEventLoop(): void {
  if (histogram) return;
  const started = monitorEventLoopDelay({ resolution: 20 });
  started.enable();
  setInterval(() => {
    lastRound = p99Of(started);
    started.reset();
  }, ROUND_MS).unref();
  histogram = started;
}

/** By how much 99 of 100 turns of the event loop were late at most, in milliseconds, over the last one to two minutes. */
export const eventLoopP99Ms = (): number => (histogram ? Math.max(lastRound, p99Of(histogram)) : 0);

/** Without the 20 ms that it sleeps between two looks. */
const p99Of = (of: Delays): number =>
  of.count === 0 ? 0 : Math.max(0, Math.round(of.percentile(99) / 1e5 - 200) / 10);
