import type { GraphQLDataSource } from "@apollo/gateway";
import type { ExecutionResult } from "graphql";
import type { GatewayContext } from "../context.ts";

export type ProcessOptions = Parameters<GraphQLDataSource<GatewayContext>["process"]>[0];
export type ProcessResult = Awaited<ReturnType<GraphQLDataSource["process"]>>;

export interface SubscribeRequest {
  query: string;
  operationName?: string | undefined;
  variables: Record<string, unknown>;
  context: GatewayContext;
}

/** The way to one subgraph: its answers to hops, and its streams. */
export interface SubgraphDataSource extends GraphQLDataSource<GatewayContext> {
  /**
   * A stream of results, or one result when it is refused. The stream's `return()` must end a pending `next()` at once, and
   * with it what feeds the stream; it fails with a coded error when it breaks off.
   */
  subscribe(request: SubscribeRequest): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult>;
  /** The operation asks nothing any more: who remembers anything of it need not. */
  end?(operation: GatewayContext): void;
  close(): Promise<void>;
}
