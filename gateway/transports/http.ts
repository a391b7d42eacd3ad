import type { IncomingMessage } from "node:http";
import type { ApolloServer } from "@apollo/server";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { drainConnections } from "../../subgraphs/shared/kernel/drain-connections.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import type { Authenticator, SignedIn } from "../authenticate.ts";
import { type GatewayContext, newOperation, requestIdOf } from "../context.ts";
import type { ErrorPresenter } from "../errors.ts";
import { LIMITS } from "../limits/limits.ts";
import { allowCrossOrigin } from "./cross-origin.ts";
import { MULTIPART, wantsMultipart } from "./multipart.ts";
import { currentRequestId, type Operations } from "./operations.ts";
import { SSE } from "./sse.ts";
import { streamHandler } from "./stream-response.ts";

export interface HttpTransportOptions {
  server: ApolloServer<GatewayContext>;
  operations: Operations;
  authenticator: Authenticator;
  /** @throws when this request must not be served, whoever asks. */
  guard: (request: IncomingMessage) => void;
  present: ErrorPresenter;
  onRequest: (request: { method: string; route: string; status: number; seconds: number }) => void;
}

declare module "fastify" {
  interface FastifyRequest {
    signedIn: SignedIn | null;
  }
}

/** The HTTP server with /graphql and /graphql/stream; other routes are added by their owners. */
export function httpTransport(options: HttpTransportOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: LIMITS.bodyBytes,
    // To receive a request, not to answer it.
    requestTimeout: LIMITS.requestMs,
    genReqId: (request) => requestIdOf(request.headers["x-request-id"]),
  });
  drainConnections(app);
  // A page of another site can send text/plain without asking first; nothing here is read from it.
  app.removeContentTypeParser("text/plain");
  app.decorateRequest("signedIn", null);
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
  });
  app.addHook("onResponse", async (request, reply) => {
    options.onRequest({
      method: request.method,
      route: request.routeOptions.url ?? "unknown",
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
    });
  });
  app.setNotFoundHandler((request, reply) =>
    answerError(reply, 404, options.present(new CodedError("BAD_USER_INPUT", "There is nothing here."), request.id)),
  );
  app.setErrorHandler((error, request, reply) => {
    const { status, known } = httpError(error);
    return answerError(reply, status, options.present(known, request.id));
  });
  app.register(async (graphql) => graphqlRoutes(graphql, options));
  return app;
}

async function graphqlRoutes(app: FastifyInstance, { server, operations, authenticator, guard }: HttpTransportOptions) {
  app.addHook("onRequest", async (request, reply) => {
    guard(request.raw);
    if (allowCrossOrigin(request, reply)) return reply;
    request.signedIn = authenticator.authenticate(request.headers);
    return undefined;
  });
  const callerOf = (request: FastifyRequest) => {
    if (!request.signedIn) throw new Error("A request was not authenticated.");
    return { ...request.signedIn, requestId: request.id };
  };
  const apollo = fastifyApolloHandler(server, {
    context: async (request, reply) => newOperation({ ...callerOf(request), signal: untilClosed(reply) }),
  });
  const multipart = streamHandler(operations, callerOf, MULTIPART);
  app.route({
    method: ["GET", "POST"],
    url: "/graphql",
    handler(request, reply) {
      if (wantsMultipart(request.headers.accept)) return multipart(request, reply);
      return currentRequestId.run(request.id, () => apollo.call(this, request, reply));
    },
  });
  app.route({ method: ["GET", "POST"], url: "/graphql/stream", handler: streamHandler(operations, callerOf, SSE) });
  app.options("/graphql", async (_request, reply) => reply.code(204).send());
  app.options("/graphql/stream", async (_request, reply) => reply.code(204).send());
}

/** A signal that ends when the client leaves before its answer is done. */
function untilClosed({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const left = (): void => {
    if (!raw.writableFinished) controller.abort(new CodedError("CANCELLED", "The request was cancelled."));
  };
  raw.once("close", left);
  if (raw.destroyed) left();
  return controller.signal;
}

const STATUS: Readonly<Record<string, number>> = { UNAUTHENTICATED: 401, FORBIDDEN: 403, BAD_USER_INPUT: 400 };

/** The status of an error outside of GraphQL, and the error as the presenter knows it: Fastify's own have only a status. */
function httpError(error: unknown): { status: number; known: unknown } {
  if (error instanceof CodedError) return { status: STATUS[error.code] ?? 500, known: error };
  const { statusCode = 500, message } = error as { statusCode?: number; message: string };
  if (statusCode === 413) return { status: statusCode, known: new CodedError("LIMIT_EXCEEDED", message) };
  if (statusCode < 500) return { status: statusCode, known: new CodedError("BAD_USER_INPUT", message) };
  if (statusCode === 503)
    return { status: statusCode, known: new CodedError("SHUTTING_DOWN", "The server is stopping.") };
  return { status: 500, known: error };
}

const answerError = (reply: FastifyReply, status: number, error: object) =>
  reply.code(status).send({ errors: [error] });
