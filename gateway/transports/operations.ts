import { AsyncLocalStorage } from "node:async_hooks";
import type { ApolloServer } from "@apollo/server";
import type { FormattedExecutionResult, GraphQLFormattedError } from "graphql";
import { Channel } from "../../subgraphs/shared/kernel/channel.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import { type GatewayContext, newOperation, type StreamCaller } from "../context.ts";
import type { ErrorPresenter } from "../errors.ts";
import type { Documents } from "../limits/documents.ts";
import type { Subscriptions } from "../subscriptions/subscriptions.ts";

export interface OperationRequest {
  query: string;
  operationName?: string | undefined;
  variables?: Record<string, unknown> | undefined;
}

/** The operation did not run; `errors` are presented already. */
class OperationRefused extends Error {
  override readonly name = "OperationRefused";
  readonly errors: readonly GraphQLFormattedError[];

  constructor(errors: readonly GraphQLFormattedError[]) {
    super("The operation was refused.");
    this.errors = errors;
  }
}

/** Apollo Server formats errors without their request: this is how each finds the request's id. */
export const currentRequestId = new AsyncLocalStorage<string>();

export interface OperationsOptions {
  server: ApolloServer<GatewayContext>;
  subscriptions: Subscriptions;
  documents: Documents;
  present: ErrorPresenter;
}

/** What the transports run operations with. */
export class Operations {
  readonly #options: OperationsOptions;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(options: OperationsOptions) {
    this.#options = options;
  }

  /** A query or mutation, through the same pipeline as over HTTP. Errors come in the result, presented. */
  async execute(request: OperationRequest, context: GatewayContext): Promise<FormattedExecutionResult> {
    const { query, operationName, variables } = request;
    const answer = currentRequestId.run(context.requestId, () =>
      this.#options.server.executeOperation(
        { query, ...(operationName ? { operationName } : {}), ...(variables ? { variables } : {}) },
        { contextValue: context },
      ),
    );
    this.#underWay.add(answer);
    try {
      const { body } = await answer;
      if (body.kind !== "single") throw new Error("An incremental answer was not asked for.");
      return body.singleResult;
    } finally {
      this.#underWay.delete(answer);
    }
  }

  /**
   * Any operation as a stream of presented results, at once: a query or mutation is a stream of one. Leaving the stream ends
   * the operation. When the stream fails, `errorsOf` tells why.
   * @param only "reads" refuses mutations: a link must not change anything.
   */
  stream(
    request: OperationRequest,
    caller: StreamCaller,
    only: "reads" | "all" = "all",
  ): AsyncIterableIterator<FormattedExecutionResult> {
    const { documents, subscriptions } = this.#options;
    const { query, operationName, variables = {} } = request;
    try {
      const kind = documents.kindOf(query, operationName);
      if (kind === "mutation" && only === "reads")
        throw new CodedError("BAD_USER_INPUT", "A mutation must be sent by POST.");
      if (kind !== "subscription") return this.#single(request, caller);
      return subscriptions.subscribe({ ...documents.validated(query), operationName, variables }, caller);
    } catch (error) {
      const refused = new Channel<FormattedExecutionResult>({ limit: 1 });
      refused.close(new OperationRefused(this.errorsOf(error, caller.requestId)));
      return refused;
    }
  }

  errorsOf(error: unknown, requestId: string): readonly GraphQLFormattedError[] {
    if (error instanceof OperationRefused) return error.errors;
    const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
    return errors.map((each) => this.#options.present(each, requestId));
  }

  /** Resolves when the queries and mutations now under way are done. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  #single(request: OperationRequest, caller: StreamCaller): Channel<FormattedExecutionResult> {
    const controller = new AbortController();
    const channel = new Channel<FormattedExecutionResult>({
      limit: 1,
      onClose: () => controller.abort(new CodedError("CANCELLED", "The request was cancelled.")),
    });
    void this.execute(request, newOperation({ ...caller, signal: controller.signal })).then(
      ({ errors, ...result }) => {
        if (errors && result.data === undefined) {
          channel.close(new OperationRefused(errors));
          return;
        }
        channel.push(errors ? { ...result, errors } : result);
        channel.close();
      },
      (error: unknown) => channel.close(error),
    );
    return channel;
  }
}
