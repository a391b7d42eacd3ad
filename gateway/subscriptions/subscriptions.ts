import { type FormattedExecutionResult, GraphQLError, getVariableValues } from "graphql";
import { authorisationKey } from "../../subgraphs/shared/kernel/auth-context.ts";
import type { Channel } from "../../subgraphs/shared/kernel/channel.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import type { Logger } from "../../subgraphs/shared/kernel/log.ts";
import type { StreamCaller } from "../context.ts";
import { SharedHops } from "../data-sources/shared-hops.ts";
import type { ErrorPresenter } from "../errors.ts";
import { LIMITS } from "../limits/limits.ts";
import { Quota } from "../limits/quota.ts";
import { validateDocument } from "../limits/validate.ts";
import { ClientStream } from "./client-stream.ts";
import type { Generation } from "./generation.ts";
import { planSubscription, type SubscriptionPlan, type SubscriptionRequest, startsInThePast } from "./plan.ts";
import { SharedSubscription } from "./shared-subscription.ts";

const EVENT_PATIENCE_MS = 30_000;

export interface SubscriptionsOptions {
  present: ErrorPresenter;
  log: Logger;
  queueLimit?: number;
  eventPatienceMs?: number;
  /** Streams that one user may have open at a time. */
  perUser: number;
}

/** A client's stream, and what is known of it. */
export interface LiveStream {
  stream: ClientStream;
  request: SubscriptionRequest;
  plan: SubscriptionPlan;
  caller: StreamCaller;
}

/** All live subscriptions of a gateway. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  /** Those that an equal subscription may join. */
  readonly #shared = new Map<string, SharedSubscription>();
  readonly #live = new Set<SharedSubscription>();
  readonly #streams = new Map<string, LiveStream>();
  readonly #hops = new SharedHops();
  readonly #quota: Quota;
  #generation: (() => Generation) | undefined;
  #ended: CodedError | undefined;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    this.#quota = new Quota(options.perUser);
  }

  /** Every client's stream, oldest first. */
  get streams(): ReadonlyMap<string, LiveStream> {
    return this.#streams;
  }

  /** Streams to subgraphs, and the clients they are fanned out to. */
  get counts(): { upstreams: number; clients: number } {
    return { upstreams: this.#live.size, clients: [...this.#live].reduce((sum, { clients }) => sum + clients, 0) };
  }

  /** A new supergraph: later subscriptions use it and live ones move to it. Built on first use, since it costs a planner. */
  use(create: () => Generation): void {
    let created: Generation | undefined;
    this.#generation = () => {
      created ??= create();
      return created;
    };
    for (const subscription of this.#live) this.#migrate(subscription);
  }

  /**
   * The stream of results. It fails with a coded error when it breaks off, when its reader is too slow, when the caller's
   * credentials end, or on shutdown.
   * @throws what is wrong with the request: an AggregateError of coded errors, or one.
   */
  subscribe(request: SubscriptionRequest, caller: StreamCaller): ClientStream {
    if (this.#ended) throw this.#ended;
    if (!this.#generation) throw new Error("A subscription came before the supergraph.");
    const generation = this.#generation();
    const plan = planSubscription(generation, request);
    checkVariables(generation, plan, request.variables);
    const { tenant, user } = caller.identity;
    const release = this.#quota.take(JSON.stringify([tenant, user]));
    if (!release) throw tooManyOfOneUser(this.#options.perUser);
    const stream = new ClientStream({
      open: () => this.#join(request, caller),
      startsOver: plan.tellsState,
      expiresAt: caller.expiresAt,
      onClose: () => {
        release();
        this.#streams.delete(stream.id);
      },
    });
    this.#streams.set(stream.id, { stream, request, plan, caller });
    return stream;
  }

  /** An equal subscription of equal rights is joined, unless that has told already what this one wants from its beginning. */
  #join(request: SubscriptionRequest, caller: StreamCaller): Channel<FormattedExecutionResult> {
    if (this.#ended) throw this.#ended;
    if (!this.#generation) throw new Error("A subscription came before the supergraph.");
    const generation = this.#generation();
    const plan = planSubscription(generation, request);
    const key = JSON.stringify([
      request.text,
      request.operationName,
      request.variables,
      authorisationKey(caller.identity),
    ]);
    const known = this.#shared.get(key);
    if (known && !(known.started && startsInThePast(plan, request.variables))) return known.attach();
    return this.#open(key, request, caller, generation, plan);
  }

  /** End all of them with this error, and every later one. */
  close(error: CodedError): void {
    this.#ended = error;
    for (const subscription of this.#live) subscription.end(error);
  }

  #open(
    key: string,
    request: SubscriptionRequest,
    caller: StreamCaller,
    generation: Generation,
    plan: SubscriptionPlan,
  ): Channel<FormattedExecutionResult> {
    const { present, log, queueLimit = LIMITS.queuedResults, eventPatienceMs = EVENT_PATIENCE_MS } = this.#options;
    const subscription: SharedSubscription = new SharedSubscription({
      request,
      caller,
      present,
      hops: this.#hops,
      log,
      queueLimit,
      eventPatienceMs,
      onClose: () => {
        this.#live.delete(subscription);
        if (this.#shared.get(key) === subscription) this.#shared.delete(key);
      },
    });
    this.#live.add(subscription);
    this.#shared.set(key, subscription);
    const client = subscription.attach();
    void subscription.open(generation, plan);
    return client;
  }

  #migrate(subscription: SharedSubscription): void {
    try {
      const generation = this.#generation?.();
      if (!generation) return;
      const { request } = subscription;
      const errors = validateDocument(generation.apiSchema, request.document);
      if (errors.length > 0) throw new AggregateError(errors);
      const plan = planSubscription(generation, request);
      checkVariables(generation, plan, request.variables);
      subscription.migrate(generation, plan);
    } catch (error) {
      this.#options.log.info({ err: error }, "a subscription does not fit the new schema");
      subscription.end(new CodedError("SCHEMA_CHANGED", "The schema changed and the subscription no longer fits it."));
    }
  }
}

/** @throws AggregateError of what is wrong with the variables. */
function checkVariables({ apiSchema }: Generation, plan: SubscriptionPlan, variables: Record<string, unknown>): void {
  const { errors } = getVariableValues(apiSchema, plan.operation.operation.variableDefinitions ?? [], variables);
  if (!errors) return;
  throw new AggregateError(
    errors.map(
      ({ message, nodes }) =>
        new GraphQLError(message, { ...(nodes ? { nodes } : {}), extensions: { code: "BAD_USER_INPUT" } }),
    ),
  );
}

const tooManyOfOneUser = (limit: number): CodedError =>
  new CodedError("LIMIT_EXCEEDED", `One user has at most ${limit} subscriptions at a time.`, { limit });
