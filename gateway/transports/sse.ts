import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FormattedExecutionResult } from "graphql";
import type { Channel } from "../../subgraphs/shared/kernel/channel.ts";
import type { Caller } from "../context.ts";
import { readOperation } from "./operation-request.ts";
import type { Operations } from "./operations.ts";

const HEARTBEAT_MS = 12_000;

/**
 * GraphQL over server-sent events in its "distinct connections" mode: one request, one operation, `next` events and a
 * `complete`. A result is written only when the one before has left, so that a slow reader slows only itself.
 */
export function sseHandler(operations: Operations, callerOf: (request: FastifyRequest) => Caller) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const operation = readOperation(request);
    const caller = callerOf(request);
    const stream = operations.stream(operation, caller, request.method === "GET" ? "reads" : "all");
    reply.hijack();
    const { raw } = reply;
    raw.once("close", () => void stream.return());
    if (raw.destroyed) void stream.return();
    // The connection has lived as long as the stream; kept alive after it, it would only hold up a shutdown.
    raw.shouldKeepAlive = false;
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    const heartbeat = setInterval(() => raw.write(":\n\n"), HEARTBEAT_MS);
    try {
      raw.write(":\n\n");
      await writeAll(raw, stream, (error) => ({ errors: operations.errorsOf(error, caller.requestId) }));
      raw.end("event: complete\ndata:\n\n");
    } finally {
      clearInterval(heartbeat);
    }
  };
}

async function writeAll(
  raw: ServerResponse,
  stream: Channel<FormattedExecutionResult>,
  failure: (error: unknown) => FormattedExecutionResult,
): Promise<void> {
  const write = async (result: FormattedExecutionResult): Promise<void> => {
    if (!raw.write(`event: next\ndata: ${JSON.stringify(result)}\n\n`)) await drained(raw);
  };
  try {
    for await (const result of stream) {
      if (raw.destroyed) return;
      await write(result);
    }
  } catch (error) {
    await write(failure(error));
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
