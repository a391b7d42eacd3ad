import { AsyncLocalStorage } from "node:async_hooks";
import type { ApolloServer, GraphQLResponse } from "@apollo/server";
import { type FormattedExecutionResult, type GraphQLFormattedError, getOperationAST } from "graphql";
import { Channel } from "../../subgraphs/shared/kernel/channel.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import { spanning, traceparent, tracer } from "../../subgraphs/shared/kernel/tracing.ts";
import { type GatewayContext, newOperation, type StreamCaller } from "../context.ts";
import type { ErrorPresenter } from "../errors.ts";
import type { Admission } from "../limits/admission.ts";
import type { Documents } from "../limits/documents.ts";
import { type DocumentRequest, hashOf, type PersistedDocuments } from "../limits/persisted-documents.ts";
import { withoutSuggestions } from "../limits/suggestions.ts";
import type { Subscriptions } from "../subscriptions/subscriptions.ts";
import { LateStream } from "./late-stream.ts";

export interface OperationRequest extends DocumentRequest {
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
  persisted: PersistedDocuments;
  admission: Admission;
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
    const { query, operationName, variables, extensions } = request;
    const run = (): Promise<GraphQLResponse> =>
      this.#options.server.executeOperation(
        {
          ...(query === undefined ? {} : { query }),
          ...(operationName ? { operationName } : {}),
          ...(variables ? { variables } : {}),
          ...(extensions ? { extensions } : {}),
        },
        { contextValue: context },
      );
    const span = tracer()?.begin("operation", {}, traceparent());
    const answer = currentRequestId.run(context.requestId, () => (span ? spanning(span, run) : run()));
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
    const { documents, persisted } = this.#options;
    try {
      const query = persisted.textOf(request);
      const kind = documents.kindOf(query, request.operationName);
      if (kind === "mutation" && only === "reads")
        throw new CodedError("BAD_USER_INPUT", "A mutation must be sent by POST.");
      if (kind !== "subscription") return this.#single({ ...request, query }, caller);
      return new LateStream(
        this.#subscribe(query, request, caller).catch((error: unknown) => {
          throw this.#refused(error, caller);
        }),
      );
    } catch (error) {
      const refused = new Channel<FormattedExecutionResult>({ limit: 1 });
      refused.close(this.#refused(error, caller));
      return refused;
    }
  }

  async #subscribe(query: string, request: OperationRequest, caller: StreamCaller) {
    const { documents, persisted, admission, subscriptions } = this.#options;
    const { operationName, variables = {} } = request;
    const validated = documents.validated(query);
    const operation = getOperationAST(validated.document, operationName);
    if (operation) {
      await admission.admit({ document: validated.document, operation, variables, hash: hashOf(query), caller });
    }
    persisted.remember(request);
    return subscriptions.subscribe({ ...validated, operationName, variables }, caller);
  }

  #refused(error: unknown, caller: StreamCaller): OperationRefused {
    const errors = this.errorsOf(error, caller.requestId);
    return new OperationRefused(this.#options.admission.mayIntrospect(caller) ? errors : withoutSuggestions(errors));
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
