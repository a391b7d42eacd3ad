import type { IncomingMessage } from "node:http";
import type { ApolloServer } from "@apollo/server";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { MOST_HEADER_BYTES } from "../../subgraphs/shared/kernel/auth-context.ts";
import { drainConnections } from "../../subgraphs/shared/kernel/drain-connections.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import { type Span, tracer } from "../../subgraphs/shared/kernel/tracing.ts";
import { untilClosed } from "../../subgraphs/shared/kernel/web-routes.ts";
import type { Authenticator } from "../authenticate.ts";
import { type GatewayContext, newOperation, requestIdOf } from "../context.ts";
import type { ErrorPresenter } from "../errors.ts";
import { LIMITS } from "../limits/limits.ts";
import type { SignedIn } from "../sign-in/sign-in.ts";
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
  /** How long a request may take to arrive. */
  requestMs: number;
  present: ErrorPresenter;
  onRequest: (request: { method: string; route: string; status: number; seconds: number }) => void;
}

declare module "fastify" {
  interface FastifyRequest {
    signedIn: SignedIn | null;
    span: Span | null;
  }
}

/** How often connections are looked over for requests that take too long to arrive. */
const SLOW_CHECK_MS = 1000;

/** The HTTP server with /graphql and /graphql/stream; other routes are added by their owners. */
export function httpTransport(options: HttpTransportOptions): FastifyInstance {
  const { requestMs } = options;
  const app = fastify({
    logger: false,
    bodyLimit: LIMITS.bodyBytes,
    // To receive a request, not to answer it.
    requestTimeout: requestMs,
    // Node takes the longer of the two for the whole request.
    http: {
      requestTimeout: requestMs,
      headersTimeout: requestMs,
      connectionsCheckingInterval: SLOW_CHECK_MS,
      maxHeaderSize: MOST_HEADER_BYTES,
    },
    genReqId: (request) => requestIdOf(request.headers["x-request-id"]),
  });
  drainConnections(app);
  // A page of another site can send text/plain without asking first; nothing here is read from it.
  app.removeContentTypeParser("text/plain");
  app.decorateRequest("signedIn", null);
  app.decorateRequest("span", null);
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
    return answerError(
      reply,
      status,
      traced(request, () => options.present(known, request.id)),
    );
  });
  app.register(async (graphql) => graphqlRoutes(graphql, options));
  return app;
}

async function graphqlRoutes(app: FastifyInstance, { server, operations, authenticator, guard }: HttpTransportOptions) {
  app.addHook("onRequest", async (request, reply) => {
    const { headers, method, routeOptions } = request;
    request.span = tracer()?.begin(`${method} ${routeOptions.url}`, {}, headers["traceparent"]) ?? null;
    guard(request.raw);
    if (allowCrossOrigin(request, reply)) return reply;
    request.signedIn = await authenticator.authenticate(request.headers);
    return undefined;
  });
  app.addHook("onResponse", async ({ span }, { statusCode }) => {
    span?.set({ "http.response.status_code": statusCode });
    span?.end(statusCode >= 500 ? `HTTP_${statusCode}` : undefined);
  });
  const callerOf = (request: FastifyRequest) => {
    if (!request.signedIn) throw new Error("A request was not authenticated.");
    return { ...request.signedIn, requestId: request.id };
  };
  const apollo = fastifyApolloHandler(server, {
    context: async (request, reply) => newOperation({ ...callerOf(request), signal: untilClosed(reply) }),
  });
  const sse = streamHandler(operations, callerOf, SSE);
  const multipart = streamHandler(operations, callerOf, MULTIPART);
  app.route({
    method: ["GET", "POST"],
    url: "/graphql",
    handler(request, reply) {
      if (wantsMultipart(request.headers.accept)) return traced(request, () => multipart(request, reply));
      return traced(request, () => currentRequestId.run(request.id, () => apollo.call(this, request, reply)));
    },
  });
  app.route({
    method: ["GET", "POST"],
    url: "/graphql/stream",
    handler: (request, reply) => traced(request, () => sse(request, reply)),
  });
  app.options("/graphql", async (_request, reply) => reply.code(204).send());
  app.options("/graphql/stream", async (_request, reply) => reply.code(204).send());
}

const traced = <T>({ span }: FastifyRequest, work: () => T): T => (span ? span.run(work) : work());

const STATUS: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BAD_USER_INPUT: 400,
  SIGN_IN_UNAVAILABLE: 503,
};

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
