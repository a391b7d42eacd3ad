import { randomUUID } from "node:crypto";
import type { Identity } from "../subgraphs/shared/kernel/auth-context.ts";
import type { CodedError } from "../subgraphs/shared/kernel/errors.ts";
import type { SignedIn } from "./sign-in/sign-in.ts";

/** One client operation, or one event of a subscription, as the gateway carries it to every hop. */
export interface GatewayContext {
  identity: Identity;
  /** Whether a part of ours asks, on their behalf. */
  internal?: boolean | undefined;
  /** Always generated here: hops with the same id share a subgraph's loaders, so a client must not choose it. */
  operationId: string;
  /** For logs and as the errors' trace id; the client's own where it sent a usable one. */
  requestId: string;
  startedAt: Date;
  /** Ends when the client goes away, or by `abort`. */
  signal: AbortSignal;
  abort(reason: CodedError): void;
}

/** Who asks, under which request id. */
export type Caller = Pick<GatewayContext, "identity" | "internal" | "requestId">;

/** Who wants a stream: by which way, on which connection, and until when. */
export interface StreamCaller extends Caller, SignedIn {
  transport: "WEBSOCKET" | "SSE" | "MULTIPART";
  /** Several streams on one connection share it. */
  clientId: string;
}

export function newOperation({
  identity,
  internal,
  requestId,
  signal,
}: Caller & { signal: AbortSignal }): GatewayContext {
  const controller = new AbortController();
  return {
    identity,
    internal,
    requestId,
    signal: AbortSignal.any([signal, controller.signal]),
    abort: (reason) => controller.abort(reason),
    operationId: randomUUID(),
    startedAt: new Date(),
  };
}

const REQUEST_ID = /^[\w.-]{1,128}$/;

/** The client's request id if it is safe to log and to pass on, else a new one. */
export const requestIdOf = (header: unknown): string =>
  typeof header === "string" && REQUEST_ID.test(header) ? header : randomUUID();
