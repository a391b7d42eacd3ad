import { z } from "zod";
import type { SubgraphRequest } from "./executor.ts";

/** The header names of a hop, over HTTP and in a subscription's `extensions.headers` alike. */
export const HOP_HEADERS = {
  token: "authorization",
  operationId: "x-operation-id",
  requestId: "x-request-id",
  startedAt: "x-operation-started",
  traceparent: "traceparent",
} as const;

const id = z.string().min(1).max(200);

const Headers = z.object({
  [HOP_HEADERS.token]: z.string().optional(),
  [HOP_HEADERS.operationId]: id,
  [HOP_HEADERS.requestId]: id,
  [HOP_HEADERS.startedAt]: z.iso.datetime().transform((text) => new Date(text)),
  [HOP_HEADERS.traceparent]: z.string().optional(),
});

const Operation = z.object({
  query: z.string().min(1),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
});

/** A hop's headers; what `readHop` reads. */
export function hopHeaders(
  request: Omit<SubgraphRequest, "query" | "operationName" | "variables" | "signal">,
): Record<string, string> {
  return {
    ...(request.token === undefined ? {} : { [HOP_HEADERS.token]: `Bearer ${request.token}` }),
    [HOP_HEADERS.operationId]: request.operationId,
    [HOP_HEADERS.requestId]: request.requestId,
    [HOP_HEADERS.startedAt]: request.startedAt.toISOString(),
    ...(request.traceparent === undefined ? {} : { [HOP_HEADERS.traceparent]: request.traceparent }),
  };
}

/** A hop as it arrived, or null when it is none: only the gateway asks here, and it always sends all of this. */
export function readHop(headers: unknown, operation: unknown, signal: AbortSignal): SubgraphRequest | null {
  const at = Headers.safeParse(headers);
  const asked = Operation.safeParse(operation);
  if (!at.success || !asked.success) return null;
  return {
    query: asked.data.query,
    operationName: asked.data.operationName ?? undefined,
    variables: asked.data.variables ?? undefined,
    token: /^Bearer (\S+)$/.exec(at.data[HOP_HEADERS.token] ?? "")?.[1],
    operationId: at.data[HOP_HEADERS.operationId],
    requestId: at.data[HOP_HEADERS.requestId],
    startedAt: at.data[HOP_HEADERS.startedAt],
    signal,
    traceparent: at.data[HOP_HEADERS.traceparent],
  };
}
