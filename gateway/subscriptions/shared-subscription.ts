import type { ExecutionResult, FormattedExecutionResult } from "graphql";
import { Channel } from "../../subgraphs/shared/kernel/channel.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import type { Logger } from "../../subgraphs/shared/kernel/log.ts";
import { spanning, tracer } from "../../subgraphs/shared/kernel/tracing.ts";
import { type Caller, type GatewayContext, newOperation } from "../context.ts";
import type { SharedHops } from "../data-sources/shared-hops.ts";
import type { ErrorPresenter } from "../errors.ts";
import { executeEvent } from "./execute-event.ts";
import type { Generation } from "./generation.ts";
import { type SubscriptionPlan, type SubscriptionRequest, samePrimary } from "./plan.ts";
import { openUpstream, type Upstream } from "./upstream.ts";

/** An open upstream, and what its events are read with. */
interface Stream {
  upstream: Upstream;
  generation: Generation;
  plan: SubscriptionPlan;
}

export interface SharedSubscriptionOptions {
  request: SubscriptionRequest;
  caller: Caller;
  present: ErrorPresenter;
  /** Of all subscriptions: those of one event are shared. */
  hops: SharedHops;
  log: Logger;
  /** Results kept for a client that reads slowly. */
  queueLimit: number;
  /** How long one event's plan may take, in milliseconds: a hung subgraph must not stall the stream for ever. */
  eventPatienceMs: number;
  onClose: () => void;
}

/**
 * Equal subscriptions of equal rights: one upstream, one execution per event, and a bounded queue per client. An event is
 * asked for only when the one before is done, so that a busy graph pushes back on the stream.
 */
export class SharedSubscription {
  readonly #options: SharedSubscriptionOptions;
  readonly #clients = new Set<Channel<FormattedExecutionResult>>();
  readonly #controller = new AbortController();
  #stream: Stream | undefined;
  /** Counts openings, so that one that a newer overtook is dropped. */
  #openings = 0;
  #working: Promise<void> = Promise.resolve();
  #started = false;
  #closed = false;

  constructor(options: SharedSubscriptionOptions) {
    this.#options = options;
  }

  get request(): SubscriptionRequest {
    return this.#options.request;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Whether an event has already gone by. */
  get started(): boolean {
    return this.#started;
  }

  attach(): Channel<FormattedExecutionResult> {
    const client: Channel<FormattedExecutionResult> = new Channel({
      limit: this.#options.queueLimit,
      onClose: () => this.#detach(client),
    });
    this.#clients.add(client);
    return client;
  }

  /** Open the upstream and follow it. An upstream that is open already is replaced once the new one is. */
  async open(generation: Generation, plan: SubscriptionPlan): Promise<void> {
    this.#openings += 1;
    const opening = this.#openings;
    try {
      const upstream = await openUpstream(generation, plan, this.request.variables, this.#context());
      const replaced = this.#stream?.upstream;
      if (this.#closed || opening !== this.#openings) {
        upstream.close();
        return;
      }
      this.#stream = { upstream, generation, plan };
      replaced?.close();
      void this.#follow(upstream);
    } catch (error) {
      if (opening === this.#openings) this.#finish(this.#interrupted(error));
    }
  }

  /** Go on under a new generation; the upstream stays open where its text and its owner are the same. */
  migrate(generation: Generation, plan: SubscriptionPlan): void {
    const { plan: old, generation: from, upstream } = this.#stream ?? {};
    const owner = plan.primary.serviceName;
    if (upstream && old && samePrimary(old, plan) && from?.sources[owner] === generation.sources[owner]) {
      this.#stream = { upstream, generation, plan };
      return;
    }
    void this.open(generation, plan);
  }

  /** End every client's stream with this error, after what is queued for it. */
  end(error: CodedError): void {
    this.#finish(error);
  }

  async #follow(upstream: Upstream): Promise<void> {
    try {
      while (!this.#closed) {
        const event = await upstream.next();
        if (this.#stream?.upstream !== upstream) return;
        if (event.done) {
          this.#finish();
          return;
        }
        // After a replaced upstream's last event: at most one execution is under way.
        this.#working = this.#working.then(() => this.#deliver(event.value));
        await this.#working;
      }
    } catch (error) {
      if (this.#stream?.upstream === upstream) this.#finish(this.#interrupted(error));
    }
  }

  async #deliver(event: ExecutionResult): Promise<void> {
    const stream = this.#stream;
    if (!stream || this.#closed) return;
    this.#started = true;
    // A trace of its own: the one of whoever subscribed would never end.
    const span = tracer()?.begin("subscription event", {});
    const result = span ? await spanning(span, () => this.#execute(stream, event)) : await this.#execute(stream, event);
    for (const client of this.#clients) {
      if (!client.push(result)) client.close(slowConsumer());
    }
  }

  async #execute({ generation, plan }: Stream, event: ExecutionResult): Promise<FormattedExecutionResult> {
    const { present, hops, log, eventPatienceMs, caller } = this.#options;
    const patience = new AbortController();
    const giveUp = (): void => patience.abort();
    this.#controller.signal.addEventListener("abort", giveUp, { once: true });
    const timer = setTimeout(() => patience.abort(tooLate(eventPatienceMs)), eventPatienceMs);
    try {
      // A new operation each time: a loader that outlived an event would answer the next one with old data.
      const context = newOperation({ ...caller, signal: patience.signal });
      const { variables } = this.request;
      const { errors, ...result } = await executeEvent({ generation, plan, event, variables, context, hops, log });
      return errors ? { ...result, errors: errors.map((error) => present(error, caller.requestId)) } : result;
    } catch (error) {
      return { data: null, errors: [present(error, caller.requestId)] };
    } finally {
      clearTimeout(timer);
      this.#controller.signal.removeEventListener("abort", giveUp);
    }
  }

  #context(): GatewayContext {
    return newOperation({ ...this.#options.caller, signal: this.#controller.signal });
  }

  #detach(client: Channel<FormattedExecutionResult>): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#finish();
  }

  #finish(error?: CodedError): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const client of this.#clients) client.close(error);
    this.#controller.abort();
    this.#stream?.upstream.close();
    this.#options.onClose();
  }

  #interrupted(error: unknown): CodedError {
    if (error instanceof CodedError) return error;
    this.#options.log.warn({ err: error, requestId: this.#options.caller.requestId }, "a stream broke off");
    return new CodedError("STREAM_INTERRUPTED", "The stream broke off; subscribe again with after: <last cursor>.");
  }
}

const slowConsumer = (): CodedError =>
  new CodedError("SLOW_CONSUMER", "The client read too slowly; subscribe again with after: <last cursor>.");

const tooLate = (ms: number): CodedError =>
  new CodedError("SUBGRAPH_UNAVAILABLE", `A part of the graph did not answer within ${ms / 1000} s.`);
