import { setTimeout as delay } from "node:timers/promises";
import { callScope } from "../kernel/call-scope.ts";
import { Unanswered } from "./failures.ts";
import type { UpstreamAnswer } from "./http.ts";

const RETRIES = 2;
const PAUSE_MS = 100;
/** Where nobody says how long the call may take. */
const PATIENCE_MS = 5000;
const PASSING: ReadonlySet<number> = new Set([502, 503, 504]);

type End = { answer: UpstreamAnswer } | { error: unknown };

/** For a call that may be sent twice: at most twice more, after what may pass, and only while patience lasts for as long again. */
export async function retrying(call: () => Promise<UpstreamAnswer>, signal: AbortSignal): Promise<UpstreamAnswer> {
  const deadline = callScope(signal).deadline ?? performance.now() + PATIENCE_MS;
  for (let retry = 0; ; retry += 1) {
    const began = performance.now();
    const end: End = await call().then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
    const now = performance.now();
    const pauseMs = pauseAfter(end, retry);
    const fits = pauseMs !== null && now + pauseMs + (now - began) < deadline;
    if (!fits || retry === RETRIES || signal.aborted) {
      if ("error" in end) throw end.error;
      return end.answer;
    }
    await delay(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** In milliseconds; null after what is not tried again. Any part of the pause may be left out, so that a fleet's calls do not return together. */
function pauseAfter(end: End, retry: number): number | null {
  const jitter = Math.random() * PAUSE_MS * 2 ** retry;
  if ("error" in end) return end.error instanceof Unanswered ? jitter : null;
  const { status, contentType, retryAfterSeconds } = end.answer;
  if (status === 429) return retryAfterSeconds === null ? null : retryAfterSeconds * 1000 + jitter;
  // In JSON it is the backend's own word, such as that a query takes too long; a proxy's is not.
  if (!PASSING.has(status) || contentType === "application/json") return null;
  return (retryAfterSeconds ?? 0) * 1000 + jitter;
}
