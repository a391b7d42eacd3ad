import { hash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Target } from "../../shared/fleet/directory.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { compareNanos, nanosOf } from "../../shared/kernel/nano-time.ts";
import { failed, Skip } from "../../shared/kernel/outcome.ts";
import type { LokiClient } from "../../shared/upstreams/loki/client.ts";
import type { LogStream, TailFrame } from "../../shared/upstreams/loki/schema.ts";
import { MOST_LINES } from "./page.plan.ts";
import type { TailLine } from "./reorder.window.ts";

export type TailState = "CONNECTING" | "CONNECTED" | "RECONNECTING" | "ENDED";

/** What a cluster's tail is told to. */
export interface TailSink {
  lines(lines: readonly TailLine[]): void;
  /** So many lines were left out by the cluster's Loki. */
  dropped(target: Target, count: number): void;
  state(target: Target, state: TailState, reason: string | null): void;
}

export interface ClusterTailOptions {
  target: Target;
  query: string;
  requestId: string;
  sink: TailSink;
  /** The cluster's client of the moment: asked for at each connection, since credentials change. */
  connect: (target: Target) => Promise<Pick<LokiClient, "tail">>;
  /** Told about errors that are ours, not an upstream's. */
  onInternalError: (error: unknown) => void;
  /** Milliseconds before attempt 1, 2, … after a failure. */
  backoffMs?: (attempt: number) => number;
}

/** The first connection begins so much earlier: clocks differ, and a Loki refuses to begin in its future. */
const BEGINS_BEFORE_NANOS = 10_000_000_000n;
/** A connection that lived this long was not a failure, whatever came of it. */
const SOUND_MS = 5_000;
/** Of so many lines it is known that they were told. */
const REMEMBERED = MOST_LINES;

/** Full jitter up to 0.5, 1, 2, … 30 s: many tails behind one broken line must not come back in step. */
const jittered = (attempt: number): number => Math.random() * Math.min(30_000, 250 * 2 ** attempt);

/**
 * One cluster's new lines, over as many connections as it takes. Each goes on with the time of the last line, and what was told of that
 * time is not told again.
 */
export class ClusterTail {
  readonly #options: ClusterTailOptions;
  readonly #told = new Set<string>();
  #target: Target;
  #last: string | null = null;
  #start: bigint;
  /** Why the connection before broke off: it may be over before its reader hears of it. */
  #broken: string | null = null;
  #turn = new AbortController();
  #running = false;
  #closed = false;

  constructor(options: ClusterTailOptions, now: Date) {
    this.#options = options;
    this.#target = options.target;
    this.#start = nanosOf(now) - BEGINS_BEFORE_NANOS;
    options.sink.state(this.#target, "CONNECTING", null);
    void this.#run();
  }

  /** Closes the connection at once. Nothing is told any more. */
  close(): void {
    this.#closed = true;
    this.#turn.abort(new CodedError("CANCELLED", "The tail was ended."));
  }

  /** Ends it for good, for a reason that its reader is told. */
  end(reason: string): void {
    if (this.#closed) return;
    this.close();
    this.#options.sink.state(this.#target, "ENDED", reason);
  }

  /** Goes on with another endpoint or other credentials, if they have changed. */
  update(target: Target): void {
    const { lokiUrl, lokiTenant, credentialsAt, as } = this.#target;
    const same = lokiUrl === target.lokiUrl && lokiTenant === target.lokiTenant && as?.key === target.as?.key;
    if (this.#closed || (same && credentialsAt?.getTime() === target.credentialsAt?.getTime())) return;
    this.#target = target;
    this.#turn.abort(new CodedError("CANCELLED", "The cluster's endpoint or credentials changed."));
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    const { sink, backoffMs = jittered } = this.#options;
    this.#running = true;
    for (let attempt = 1; !this.#closed; attempt += 1) {
      this.#turn = new AbortController();
      const { signal } = this.#turn;
      const began = performance.now();
      const error = await this.#connection(signal).catch((thrown: unknown) => thrown);
      if (this.#closed) return;
      if (signal.aborted) continue;
      if (performance.now() - began > SOUND_MS) attempt = 1;
      const reason = this.#reasonOf(error);
      if (isFinal(error)) {
        sink.state(this.#target, "ENDED", reason);
        break;
      }
      this.#broken = reason;
      sink.state(this.#target, "RECONNECTING", reason);
      await delay(backoffMs(attempt), undefined, { signal, ref: false }).catch(() => {});
    }
    this.#running = false;
  }

  async #connection(signal: AbortSignal): Promise<void> {
    const { connect, query, requestId, sink } = this.#options;
    const target = this.#target;
    const loki = await connect(target);
    const start = this.#last === null ? this.#start : BigInt(this.#last);
    let missed = 0;
    let openedAt = 0n;
    const onOpen = (): void => {
      openedAt = nanosOf(new Date());
      sink.state(target, "CONNECTED", this.#broken);
    };
    const onFrame = ({ streams, dropped }: TailFrame): void => {
      if (signal.aborted) return;
      if (dropped > 0) sink.dropped(target, dropped);
      missed += this.#tell(target, streams, openedAt);
      // So many it gave of what came before, and there may have been more.
      if (missed >= MOST_LINES) {
        missed = 0;
        sink.state(target, "CONNECTED", `Of what came in meanwhile, only the newest ${MOST_LINES} lines were told.`);
      }
    };
    await loki.tail({ query, start, limit: MOST_LINES, onOpen, onFrame }, { signal, requestId });
  }

  /** What is new of it. @returns how many lines are older than the connection. */
  #tell(target: Target, streams: readonly LogStream[], openedAt: bigint): number {
    let older = 0;
    const lines: TailLine[] = [];
    for (const stream of streams) {
      for (const row of stream.rows) {
        if (BigInt(row[0]) < openedAt) older += 1;
        if (!this.#isNew(stream, row[0], row[1])) continue;
        if (this.#last === null || compareNanos(row[0], this.#last) > 0) [this.#last] = row;
        lines.push({ target, labels: stream.labels, stream: stream.hash, row });
      }
    }
    if (lines.length > 0) this.#options.sink.lines(lines);
    return older;
  }

  #isNew(stream: LogStream, nanos: string, line: string): boolean {
    const key = hash("sha1", `${nanos} ${stream.hash} ${line}`, "base64url");
    if (this.#told.has(key)) return false;
    this.#told.add(key);
    const [oldest] = this.#told;
    if (this.#told.size > REMEMBERED && oldest !== undefined) this.#told.delete(oldest);
    return true;
  }

  #reasonOf(error: unknown): string {
    if (error === undefined) return "Loki ended the tail.";
    const { failure } = failed(error);
    if (failure?.code === "INTERNAL_SERVER_ERROR") this.#options.onInternalError(error);
    return failure?.message ?? "The tail failed.";
  }
}

/** What another try does not change. */
const isFinal = (error: unknown): boolean =>
  error instanceof Skip ||
  (error instanceof CodedError && (error.code === "UPSTREAM_QUERY_FAILED" || error.code === "TARGET_NOT_ALLOWED"));
