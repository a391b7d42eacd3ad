import { GraphQLError } from "graphql";
import type { InternalTokens } from "../../subgraphs/shared/kernel/auth-context.ts";
import { CodedError, type ErrorCode } from "../../subgraphs/shared/kernel/errors.ts";
import type { SubgraphRequest } from "../../subgraphs/shared/kernel/executor.ts";
import { traceparent } from "../../subgraphs/shared/kernel/tracing.ts";
import type { GatewayContext } from "../context.ts";
import type { ProcessOptions } from "./data-source.ts";

/** What a hop carries: the planner's operation, and who asks for it, signed. */
export async function hopOf(
  tokens: InternalTokens,
  operation: Pick<SubgraphRequest, "query" | "operationName" | "variables">,
  { identity, operationId, requestId, startedAt, signal }: GatewayContext,
): Promise<SubgraphRequest> {
  return {
    ...operation,
    token: await tokens.sign(identity),
    operationId,
    requestId,
    startedAt,
    signal,
    traceparent: traceparent(),
  };
}

/** A hop's own failure, told at the place in the client's operation that it was to fill. */
export function hopError(options: ProcessOptions, code: ErrorCode, message: string): GraphQLError {
  const at = "pathInIncomingRequest" in options ? (options.pathInIncomingRequest ?? []) : [];
  const list = at.indexOf("@");
  const path = list < 0 ? at : at.slice(0, list);
  return new GraphQLError(message, { extensions: { code }, ...(path.length > 0 ? { path } : {}) });
}

/** Why an operation's signal ended. */
export function abortReason(signal: AbortSignal): CodedError {
  const reason: unknown = signal.reason;
  return reason instanceof CodedError ? reason : new CodedError("CANCELLED", "The request was cancelled.");
}

/** The work's end or the signal's, whichever is first: a hop that is deaf to its signal must not hold its caller. */
export function untilAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(abortReason(signal));
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener("abort", abort, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", abort));
  });
}
