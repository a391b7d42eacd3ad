import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FormattedExecutionResult } from "graphql";
import type { StreamCaller } from "../context.ts";
import { readOperation } from "./operation-request.ts";
import type { Operations } from "./operations.ts";

const HEARTBEAT_MS = 12_000;

/** How a stream of results is written into one long HTTP answer. */
export interface StreamFormat {
  transport: StreamCaller["transport"];
  headers: Readonly<Record<string, string>>;
  /** Before the first result. */
  opening: string;
  /** Written now and then, so that nobody on the way takes a quiet connection for a dead one. */
  heartbeat: string;
  result(result: FormattedExecutionResult): string;
  /** The stream failed, for good. */
  failure(result: FormattedExecutionResult): string;
  closing: string;
}

/**
 * One request, one operation, and its results as they come. A result is written only when the one before has left, so that a
 * slow reader slows only itself.
 */
export function streamHandler(
  operations: Operations,
  callerOf: (request: FastifyRequest) => Omit<StreamCaller, "transport" | "clientId">,
  format: StreamFormat,
) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const operation = readOperation(request);
    const caller: StreamCaller = { ...callerOf(request), transport: format.transport, clientId: request.id };
    const stream = operations.stream(operation, caller, request.method === "GET" ? "reads" : "all");
    reply.hijack();
    const { raw } = reply;
    raw.once("close", () => void stream.return?.());
    if (raw.destroyed) void stream.return?.();
    // The connection has lived as long as the stream; kept alive after it, it would only hold up a shutdown.
    raw.shouldKeepAlive = false;
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
      ...format.headers,
    });
    const heartbeat = setInterval(() => raw.write(format.heartbeat), HEARTBEAT_MS);
    try {
      raw.write(format.opening);
      await writeAll(raw, stream, format, (error) => ({ errors: operations.errorsOf(error, caller.requestId) }));
      raw.end(format.closing);
    } finally {
      clearInterval(heartbeat);
    }
  };
}

async function writeAll(
  raw: ServerResponse,
  stream: AsyncIterableIterator<FormattedExecutionResult>,
  format: StreamFormat,
  failure: (error: unknown) => FormattedExecutionResult,
): Promise<void> {
  const write = async (text: string): Promise<void> => {
    if (!raw.write(text)) await drained(raw);
  };
  try {
    for await (const result of stream) {
      if (raw.destroyed) return;
      await write(format.result(result));
    }
  } catch (error) {
    await write(format.failure(failure(error)));
  }
}

function drained(raw: ServerResponse): Promise<void> {
  if (raw.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      raw.off("drain", done);
      raw.off("close", done);
      resolve();
    };
    raw.on("drain", done);
    raw.on("close", done);
  });
}
