import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { type ExecutionArgs, GraphQLError, type GraphQLFormattedError, type GraphQLSchema, parse } from "graphql";
import { CloseCode, handleProtocols, makeServer, type Server, type SubscribePayload } from "graphql-ws";
import { type WebSocket, WebSocketServer } from "ws";
import type { Identity } from "../../subgraphs/shared/kernel/auth-context.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import { closeSockets, type SocketExtra, serveGraphQLSocket } from "../../subgraphs/shared/kernel/graphql-socket.ts";
import type { Logger } from "../../subgraphs/shared/kernel/log.ts";
import type { Authenticator } from "../authenticate.ts";
import { type Caller, requestIdOf } from "../context.ts";
import { LIMITS } from "../limits/limits.ts";
import type { Operations } from "./operations.ts";
import { Quota } from "./quota.ts";

export interface SocketTransportOptions {
  server: HttpServer;
  path: string;
  schema: () => GraphQLSchema;
  operations: Operations;
  authenticator: Authenticator;
  /** @throws when this request must not be served, whoever asks. */
  guard: (request: IncomingMessage) => void;
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

/** graphql-ws asks a document only for its kind of operation; `stream` parses and checks the client's own, whatever its kind. */
const ANY_STREAM = parse("subscription { any }");

interface Started {
  request: SubscribePayload;
  caller: Caller;
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
    sockets.handleUpgrade(request, duplex, head, (socket) =>
      serveGraphQLSocket(protocol, socket, request, { log, keepAliveMs: KEEP_ALIVE_MS }),
    );
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

function graphqlProtocol({ schema, operations, authenticator }: SocketTransportOptions): Server<SocketExtra> {
  const identities = new WeakMap<WebSocket, Identity>();
  const quota = new Quota(LIMITS.socketsPerUser);
  const started = new WeakMap<SubscribePayload, Caller>();

  return makeServer<Record<string, unknown>, SocketExtra>({
    connectionInitWaitTimeout: LIMITS.connectionInitMs,
    onConnect({ connectionParams = {}, extra: { socket } }) {
      const identity = identityOf(authenticator, connectionParams);
      if (!identity) return false;
      const release = quota.take(JSON.stringify([identity.tenant, identity.user]));
      if (!release) {
        socket.close(CloseCode.TooManyInitialisationRequests, "Too many connections of one user");
        return false;
      }
      socket.once("close", release);
      identities.set(socket, identity);
      return true;
    },
    onSubscribe({ extra, subscriptions }, _id, request) {
      const identity = identities.get(extra.socket);
      if (!identity) throw new Error("An operation came before its connection.");
      const caller = { identity, requestId: requestIdOf(undefined) };
      started.set(request, caller);
      if (Object.keys(subscriptions).length > LIMITS.subscriptionsPerSocket) return [tooMany()];
      const contextValue: Started = { request, caller };
      return { schema: schema(), document: ANY_STREAM, contextValue };
    },
    subscribe({ contextValue }: ExecutionArgs) {
      const { request, caller } = contextValue as Started;
      const { query, operationName, variables } = request;
      return operations.stream(
        { query, operationName: operationName ?? undefined, variables: variables ?? undefined },
        caller,
      ) as AsyncIterable<never>;
    },
    // Results and errors are presented: as they are, they need no toJSON.
    onNext: (_context, _id, _request, _args, result) => result as never,
    onError: (_context, _id, request, errors): readonly GraphQLFormattedError[] => {
      const requestId = started.get(request)?.requestId ?? requestIdOf(undefined);
      return errors.flatMap((error) =>
        operations.errorsOf(error instanceof GraphQLError ? (error.originalError ?? error) : error, requestId),
      );
    },
  });
}

function identityOf(authenticator: Authenticator, credentials: Record<string, unknown>): Identity | null {
  try {
    return authenticator.authenticate(credentials);
  } catch (error) {
    if (error instanceof CodedError) return null;
    throw error;
  }
}

const tooMany = (): GraphQLError =>
  new GraphQLError(`One socket carries at most ${LIMITS.subscriptionsPerSocket} operations at a time.`, {
    extensions: { code: "LIMIT_EXCEEDED", details: { limit: LIMITS.subscriptionsPerSocket } },
  });
