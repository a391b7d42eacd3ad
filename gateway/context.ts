import { randomUUID } from "node:crypto";
import type { Identity } from "../subgraphs/shared/kernel/auth-context.ts";

/** One client operation, or one event of a subscription, as the gateway carries it to every hop. */
export interface GatewayContext {
  identity: Identity;
  /** Always generated here: hops with the same id share a subgraph's loaders, so a client must not choose it. */
  operationId: string;
  /** For logs and as the errors' trace id; the client's own where it sent a usable one. */
  requestId: string;
  startedAt: Date;
  /** Ends when the client goes away. */
  signal: AbortSignal;
}

/** Who asks, under which request id. */
export type Caller = Pick<GatewayContext, "identity" | "requestId">;

/** Who wants a stream: by which way, on which connection, and until when. */
export interface StreamCaller extends Caller {
  transport: "WEBSOCKET" | "SSE" | "MULTIPART";
  /** Several streams on one connection share it. */
  clientId: string;
  /** When the credentials end; null where they do not. */
  expiresAt: Date | null;
}

export const newOperation = ({ identity, requestId, signal }: Caller & { signal: AbortSignal }): GatewayContext => ({
  identity,
  requestId,
  signal,
  operationId: randomUUID(),
  startedAt: new Date(),
});

const REQUEST_ID = /^[\w.-]{1,128}$/;

/** The client's request id if it is safe to log and to pass on, else a new one. */
export const requestIdOf = (header: unknown): string =>
  typeof header === "string" && REQUEST_ID.test(header) ? header : randomUUID();
