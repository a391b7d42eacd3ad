import type { RawData, WebSocket } from "ws";
import { CodedError } from "../../kernel/errors.ts";
import { upstreamError } from "../failures.ts";
import type { Endpoint, UpstreamHttp } from "../http.ts";
import { publicText } from "../prometheus/schema.ts";
import type { CallOptions } from "../readiness.ts";
import { invalidAnswer, refusalOf } from "./refusal.ts";
import { TailFrame } from "./schema.ts";

/** So that what a line brings of its own is told with the line, and does not make a stream of it. */
export const CATEGORIZED = { "x-loki-response-encoding-flags": "categorize-labels" };

export interface Tail {
  /** A log selector with its pipeline. */
  query: string;
  /** What arrived since then, in unix nanoseconds, comes first. */
  start: bigint;
  /** Of that, the newest so many. */
  limit: number;
  /** The server follows now. */
  onOpen: () => void;
  onFrame: (frame: TailFrame) => void;
}

const MAX_FRAME_BYTES = 16 * 1024 * 1024;
const PING_MS = 10_000;
/** Loki pings each second and answers pings: one that is silent for so long is gone. */
const SILENCE_MS = 30_000;

export async function tail(
  http: UpstreamHttp,
  endpoint: Endpoint,
  { query, start, limit, onOpen, onFrame }: Tail,
  { signal, requestId }: CallOptions,
): Promise<void> {
  const params = new URLSearchParams({ query, start: String(start), limit: String(limit) });
  const path = `/loki/api/v1/tail?${params}`;
  const request = { path, headers: CATEGORIZED, maxFrameBytes: MAX_FRAME_BYTES, signal, requestId };
  const opened = await http.open(endpoint, request);
  if (!("socket" in opened)) throw refusalOf(opened, endpoint);
  onOpen();
  await follow(opened.socket, onFrame, signal);
}

function follow(socket: WebSocket, onFrame: Tail["onFrame"], signal: AbortSignal): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const end = (error: unknown): void => {
    ended.reject(error);
    socket.terminate();
  };
  let heardAt = performance.now();
  const heard = (): void => {
    heardAt = performance.now();
  };
  const pulse = setInterval(() => {
    if (performance.now() - heardAt > SILENCE_MS) end(new CodedError("UPSTREAM_TIMEOUT", "The tail fell silent."));
    else socket.ping();
  }, PING_MS);
  const abort = (): void => end(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  socket.on("ping", heard).on("pong", heard);
  socket.on("message", (data) => {
    heard();
    const frame = frameIn(data);
    if (frame) onFrame(frame);
    else end(invalidAnswer());
  });
  socket.once("error", (error) => end(upstreamError(error)));
  socket.once("close", (code, reason) => {
    if (code === 1011) ended.reject(failed(String(reason)));
    else if (code === 1006) ended.reject(new CodedError("UPSTREAM_UNREACHABLE", "The connection broke off."));
    else ended.resolve();
  });
  socket.resume();
  return ended.promise.finally(() => {
    clearInterval(pulse);
    signal.removeEventListener("abort", abort);
  });
}

/** Loki closes so at the limit of tails at once, after an hour, and for whatever fails of its own; the reason is all that tells which. */
const failed = (reason: string): CodedError =>
  new CodedError("UPSTREAM_ERROR", `Loki ended the tail: ${reason ? publicText(reason) : "it gave no reason"}.`);

function frameIn(data: RawData): TailFrame | null {
  try {
    const text = Array.isArray(data) ? Buffer.concat(data).toString() : Buffer.from(data as Buffer).toString();
    return TailFrame.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
