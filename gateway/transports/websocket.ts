import { randomUUID } from "node:crypto";
import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { type ExecutionArgs, GraphQLError, type GraphQLFormattedError, type GraphQLSchema, parse } from "graphql";
import { CloseCode, handleProtocols, makeServer, type Server, type SubscribePayload } from "graphql-ws";
import { type WebSocket, WebSocketServer } from "ws";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import { closeSockets, type SocketExtra, serveGraphQLSocket } from "../../subgraphs/shared/kernel/graphql-socket.ts";
import type { Logger } from "../../subgraphs/shared/kernel/log.ts";
import { type Span, tracer } from "../../subgraphs/shared/kernel/tracing.ts";
import type { Authenticator } from "../authenticate.ts";
import { requestIdOf, type StreamCaller } from "../context.ts";
import { LIMITS } from "../limits/limits.ts";
import { Quota } from "../limits/quota.ts";
import { expiredToken, hasExpired, type SignedIn } from "../sign-in/sign-in.ts";
import { readExtensions } from "./operation-request.ts";
import type { Operations } from "./operations.ts";

export interface SocketTransportOptions {
  server: HttpServer;
  path: string;
  schema: () => GraphQLSchema;
  operations: Operations;
  authenticator: Authenticator;
  /** @throws when this request must not be served, whoever asks. */
  guard: (request: IncomingMessage) => void;
  socketsPerUser: number;
  log: Logger;
}

export interface SocketTransport {
  readonly sockets: number;
  /** Let queries and mutations finish, then close every socket; streams are ended by their owner before. */
  close(graceMs: number): Promise<void>;
  /** Drop what is still open. */
  terminate(): void;
}

const KEEP_ALIVE_MS = 12_000;
const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;
const TOO_MANY_MESSAGES = 4429;

/** graphql-ws asks a document only for its kind of operation; `stream` parses and checks the client's own, whatever its kind. */
const ANY_STREAM = parse("subscription { any }");

interface Started {
  request: SubscribePayload;
  caller: StreamCaller;
}

/** Who is on a socket. */
interface Connected extends SignedIn {
  clientId: string;
}

/** graphql-ws on the HTTP server's upgrades: subscriptions, and queries and mutations by the same pipeline as over HTTP. */
export function socketTransport(options: SocketTransportOptions): SocketTransport {
  const { operations, log } = options;
  const protocol = graphqlProtocol(options);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LIMITS.bodyBytes, handleProtocols });

  options.server.on("upgrade", (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    duplex.on("error", (error) => log.debug({ err: error }, "an upgrade failed"));
    const refusal = refusalOf(request, options);
    if (refusal) {
      duplex.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, duplex, head, (socket) => {
      limitMessages(socket);
      serveGraphQLSocket(protocol, socket, request, { log, keepAliveMs: KEEP_ALIVE_MS });
    });
  });

  return {
    get sockets() {
      return sockets.clients.size;
    },
    async close(graceMs) {
      await operations.settled();
      // What has just ended is written before the close frame.
      await setImmediate();
      await closeSockets(sockets.clients, { code: GOING_AWAY, reason: "The server is stopping", graceMs });
    },
    terminate() {
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

function refusalOf(request: IncomingMessage, { path, guard }: SocketTransportOptions): string | null {
  if (request.url?.split("?")[0] !== path) return "404 Not Found";
  try {
    guard(request);
    return null;
  } catch {
    return "403 Forbidden";
  }
}

function graphqlProtocol({
  schema,
  operations,
  authenticator,
  socketsPerUser,
}: SocketTransportOptions): Server<SocketExtra> {
  const connected = new WeakMap<WebSocket, Connected>();
  const quota = new Quota(socketsPerUser);
  const started = new WeakMap<SubscribePayload, StreamCaller>();
  const spans = new WeakMap<SubscribePayload, Span>();
  const traced = <T>(request: SubscribePayload, work: () => T): T => {
    const span = spans.get(request);
    return span ? span.run(work) : work();
  };

  return makeServer<Record<string, unknown>, SocketExtra>({
    connectionInitWaitTimeout: LIMITS.connectionInitMs,
    async onConnect({ connectionParams = {}, extra: { socket } }) {
      const signedIn = await signInOf(() => authenticator.authenticate(connectionParams));
      if (signedIn instanceof CodedError) {
        if (signedIn.code === "SIGN_IN_UNAVAILABLE") socket.close(TRY_AGAIN_LATER, signedIn.message);
        return false;
      }
      const { identity } = signedIn;
      const release = quota.take(JSON.stringify([identity.tenant, identity.user]));
      if (!release) {
        socket.close(CloseCode.TooManyInitialisationRequests, "Too many connections of one user");
        return false;
      }
      socket.once("close", release);
      connected.set(socket, { ...signedIn, clientId: randomUUID() });
      return true;
    },
    async onSubscribe({ extra, subscriptions }, _id, request) {
      const client = connected.get(extra.socket);
      if (!client) throw new Error("An operation came before its connection.");
      const caller: StreamCaller = { ...client, requestId: requestIdOf(undefined), transport: "WEBSOCKET" };
      started.set(request, caller);
      const span = tracer()?.begin("websocket operation", {}, request.extensions?.["traceparent"]);
      if (span) spans.set(request, span);
      if (hasExpired(client)) return [graphqlError(expiredToken())];
      if (Object.keys(subscriptions).length > LIMITS.subscriptionsPerSocket) return [tooMany()];
      // The socket may be much older than what its credentials stand for now.
      const again = client.again ? await signInOf(client.again) : client;
      if (again instanceof CodedError) return [graphqlError(again)];
      const contextValue: Started = { request, caller: { ...caller, ...again } };
      return { schema: schema(), document: ANY_STREAM, contextValue };
    },
    subscribe({ contextValue }: ExecutionArgs) {
      const { request, caller } = contextValue as Started;
      const { query, operationName, variables, extensions } = request;
      const operation = {
        query,
        operationName: operationName ?? undefined,
        variables: variables ?? undefined,
        extensions: readExtensions(extensions),
      };
      return traced(request, () => operations.stream(operation, caller)) as AsyncIterable<never>;
    },
    // Results and errors are presented: as they are, they need no toJSON.
    onNext: (_context, _id, _request, _args, result) => result as never,
    onError: (_context, _id, request, errors): readonly GraphQLFormattedError[] => {
      const requestId = started.get(request)?.requestId ?? requestIdOf(undefined);
      spans.get(request)?.end("ERROR");
      return traced(request, () =>
        errors.flatMap((error) =>
          operations.errorsOf(error instanceof GraphQLError ? (error.originalError ?? error) : error, requestId),
        ),
      );
    },
    onComplete: (_context, _id, request) => spans.get(request)?.end(),
  });
}

async function signInOf(signIn: () => Promise<SignedIn>): Promise<SignedIn | CodedError> {
  try {
    return await signIn();
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
}

const graphqlError = ({ message, extensions }: CodedError): GraphQLError => new GraphQLError(message, { extensions });

const tooMany = (): GraphQLError =>
  graphqlError(
    new CodedError(
      "LIMIT_EXCEEDED",
      `One socket carries at most ${LIMITS.subscriptionsPerSocket} operations at a time.`,
      { limit: LIMITS.subscriptionsPerSocket },
    ),
  );

/** A client that floods is cut off: what it sends is small, and each message costs a parse and a check. */
function limitMessages(socket: WebSocket): void {
  let count = 0;
  let minute = 0;
  socket.on("message", () => {
    const now = Math.floor(performance.now() / 60_000);
    if (now !== minute) count = 0;
    minute = now;
    count += 1;
    if (count > LIMITS.messagesPerMinute) socket.close(TOO_MANY_MESSAGES, "Too many messages");
  });
}
