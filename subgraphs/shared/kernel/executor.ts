import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  parse,
  subscribe,
  validate,
} from "graphql";
import type { InternalTokens } from "./auth-context.ts";
import { CodedError } from "./errors.ts";
import { mapIterator } from "./iterators.ts";
import type { Logger } from "./log.ts";
import { OperationScopes } from "./operation-scopes.ts";
import { storageFailure } from "./storage-failures.ts";
import type { Operation, RunningSubgraph } from "./subgraph.ts";
import { textCache } from "./text-cache.ts";
import { type Span, spanning, tracer } from "./tracing.ts";
import { unfitValue } from "./unfit-values.ts";

/** A hop to a subgraph, in process or as it arrived over HTTP. */
export interface SubgraphRequest {
  query: string;
  operationName?: string | undefined;
  variables?: Record<string, unknown> | undefined;
  /** The internal token: nothing else about the caller is believed. */
  token: string | undefined;
  operationId: string;
  requestId: string;
  startedAt: Date;
  signal: AbortSignal;
  /** The gateway's span, where it records one. */
  traceparent?: string | undefined;
}

/** Of documents kept, in characters: some 20 MiB as trees. */
const MOST_CHARACTERS = 200_000;

export interface ExecutorOptions {
  schema: GraphQLSchema;
  running: RunningSubgraph;
  tokens: InternalTokens;
  log: Logger;
  /** The subgraph's, for traces. */
  name?: string;
  /** Told of each field that somebody had not the right to. */
  onRefused?: (by: Operation, refusal: { field: string; message: string }) => void;
}

/** Executes hops on one subgraph: verify the identity, join the operation's scope, run, and format errors for the graph. */
export class SubgraphExecutor {
  readonly #schema: GraphQLSchema;
  readonly #tokens: InternalTokens;
  readonly #scopes: OperationScopes;
  readonly #running: RunningSubgraph;
  readonly #log: Logger;
  readonly #name: string;
  readonly #onRefused: ExecutorOptions["onRefused"];
  readonly #documents = textCache<DocumentNode>(MOST_CHARACTERS);

  constructor(options: ExecutorOptions) {
    this.#schema = options.schema;
    this.#running = options.running;
    this.#tokens = options.tokens;
    this.#log = options.log;
    this.#name = options.name ?? "subgraph";
    this.#onRefused = options.onRefused;
    this.#scopes = new OperationScopes((operation) => options.running.context(operation));
  }

  execute(request: SubgraphRequest): Promise<ExecutionResult> {
    const span = this.#span(request);
    return span ? spanning(span, () => this.#execute(request), failureIn) : this.#execute(request);
  }

  async #execute(request: SubgraphRequest): Promise<ExecutionResult> {
    try {
      const operation = await this.#operation(request);
      const document = this.#document(request.query);
      return await this.#scopes.run(operation, async (contextValue) =>
        this.#present(await execute({ ...this.#arguments(request, document), contextValue }), request, operation),
      );
    } catch (error) {
      return this.#present({ errors: errorsOf(error) }, request);
    }
  }

  /** A stream of results, or one result when the subscription is refused. Each item's hops are operations of their own. */
  subscribe(request: SubgraphRequest): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
    const span = this.#span(request);
    return span ? spanning(span, () => this.#subscribe(request), failureIn) : this.#subscribe(request);
  }

  async #subscribe(request: SubgraphRequest): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
    try {
      const operation = await this.#operation(request);
      const document = this.#document(request.query);
      // A stream outlives any operation scope: it gets a context of its own.
      const contextValue = this.#running.context(operation);
      const result = await subscribe({ ...this.#arguments(request, document), contextValue });
      if (!(Symbol.asyncIterator in result)) return this.#present(result, request, operation);
      return mapIterator(result as AsyncIterableIterator<ExecutionResult>, (item) => this.#present(item, request));
    } catch (error) {
      return this.#present({ errors: errorsOf(error) }, request);
    }
  }

  /** The gateway knows that no hop of the operation will come any more. */
  end(operation: Pick<Operation, "id" | "identity">): void {
    this.#scopes.end(operation);
  }

  #span({ traceparent }: SubgraphRequest): Span | null {
    if (traceparent === undefined) return null;
    return tracer()?.begin(`subgraph ${this.#name}`, { "aiops.subgraph": this.#name }, traceparent) ?? null;
  }

  async #operation(request: SubgraphRequest): Promise<Operation> {
    const { operationId: id, requestId, startedAt, signal } = request;
    return { id, requestId, startedAt, signal, identity: await this.#tokens.verify(request.token) };
  }

  #arguments({ operationName, variables }: SubgraphRequest, document: DocumentNode) {
    return { schema: this.#schema, document, operationName: operationName ?? null, variableValues: variables ?? {} };
  }

  /** Parsed and validated once per text: the gateway sends few distinct ones. */
  #document(query: string): DocumentNode {
    const known = this.#documents.get(query);
    if (known) return known;
    const document = parse(query);
    const errors = validate(this.#schema, document);
    if (errors.length > 0) throw new AggregateError(errors);
    this.#documents.set(query, document);
    return document;
  }

  #present(result: ExecutionResult, request: SubgraphRequest, operation?: Operation): ExecutionResult {
    if (!result.errors) return result;
    for (const { path = [], message, extensions } of result.errors) {
      if (!operation || extensions["code"] !== "FORBIDDEN") continue;
      this.#onRefused?.(operation, { field: String(path.findLast((part) => typeof part === "string")), message });
    }
    return {
      ...result,
      errors: result.errors.map((error) => this.#formatted(error, request) as unknown as GraphQLError),
    };
  }

  #formatted(error: GraphQLError, { requestId }: SubgraphRequest): GraphQLFormattedError {
    const { message, path, locations } = error.toJSON();
    const at = { ...(path ? { path } : {}), ...(locations ? { locations } : {}) };
    if (error.extensions["code"]) return { message, ...at, extensions: error.extensions };
    // graphql-js's own complaints about documents and variables point into the document, before any field: the caller's to read.
    if (!error.originalError || (!path && locations)) return { message, ...at, extensions: { code: "BAD_USER_INPUT" } };
    const unfit = unfitValue(error.originalError);
    if (unfit) this.#log.debug({ err: error.originalError, requestId, path }, "a value does not fit into the database");
    if (unfit) return { message: unfit.message, ...at, extensions: unfit.extensions };
    const away = storageFailure(error.originalError);
    if (away) this.#log.warn({ err: error.originalError, requestId, path }, "the database does not answer");
    if (away) return { message: away.message, ...at, extensions: away.extensions };
    this.#log.error({ err: error.originalError, requestId, path }, "a resolver failed");
    return {
      message: "Something failed here; the log has it under the trace id.",
      ...at,
      extensions: { code: "INTERNAL_SERVER_ERROR" },
    };
  }
}

const failureIn = (result: ExecutionResult | AsyncIterable<unknown>): string | undefined =>
  "errors" in result && result.errors?.[0] ? String(result.errors[0].extensions?.["code"]) : undefined;

function errorsOf(error: unknown): GraphQLError[] {
  if (error instanceof AggregateError) return error.errors as GraphQLError[];
  if (error instanceof GraphQLError) return [error];
  const originalError = error instanceof Error ? error : new Error(String(error));
  return [
    new GraphQLError(originalError.message, {
      originalError,
      ...(error instanceof CodedError ? { extensions: error.extensions } : {}),
    }),
  ];
}
