import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema, parse } from "graphql";
import { handleProtocols, makeServer, type Server, type SubscribePayload } from "graphql-ws";
import { WebSocketServer } from "ws";
import type { SubgraphExecutor, SubgraphRequest } from "./executor.ts";
import { closeSockets, type SocketExtra, serveGraphQLSocket } from "./graphql-socket.ts";
import type { Logger } from "./log.ts";
import { readHop } from "./subgraph-request.ts";

const KEEP_ALIVE_MS = 12_000;
const SERVICE_RESTART = 1012;

/** graphql-ws asks a document only for its kind of operation; the executor parses and checks the gateway's own. */
const ANY_STREAM = parse("subscription { any }");

/** The gateway's subscriptions, on the HTTP server's upgrades. Each operation brings its own identity: the socket has none. */
export function subgraphSockets(options: {
  server: HttpServer;
  path: string;
  executor: Pick<SubgraphExecutor, "subscribe">;
  maxPayload: number;
  log: Logger;
}): { close(graceMs: number): Promise<void> } {
  const protocol = hopProtocol(options.executor, options.log);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: options.maxPayload, handleProtocols });
  options.server.on("upgrade", (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    if (request.url !== options.path) {
      duplex.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, duplex, head, (socket) => {
      // Each stream listens for the socket's end, and there may be any number: Node would warn of a leak.
      socket.setMaxListeners(0);
      serveGraphQLSocket(protocol, socket, request, { log: options.log, keepAliveMs: KEEP_ALIVE_MS });
    });
  });
  return {
    close: (graceMs) =>
      closeSockets(sockets.clients, { code: SERVICE_RESTART, reason: "The subgraph is stopping", graceMs }),
  };
}

function hopProtocol(executor: Pick<SubgraphExecutor, "subscribe">, log: Logger): Server<SocketExtra> {
  /** A gateway keeps its socket for as long as it lives, and an operation does not: nothing of it may stay with the socket. */
  const detach = new WeakMap<SubscribePayload, () => void>();
  return makeServer<Record<string, unknown>, SocketExtra>({
    onSubscribe({ extra: { socket } }, _id, payload) {
      const controller = new AbortController();
      const contextValue = readHop(payload.extensions?.["headers"], payload, controller.signal);
      if (!contextValue) return [notAHop()];
      const abort = (): void => controller.abort();
      socket.once("close", abort);
      detach.set(payload, () => void socket.off("close", abort));
      return { schema: undefined as unknown as GraphQLSchema, document: ANY_STREAM, contextValue };
    },
    subscribe(args) {
      const hop = args.contextValue as SubgraphRequest;
      return executor.subscribe(hop);
    },
    onComplete: (_context, _id, payload) => detach.get(payload)?.(),
    // The executor has formatted the errors.
    onNext: (_context, _id, _payload, _args, result) => result as never,
    // A refusal is a result; what comes here broke a stream off, and its own words are for the log.
    onError: (_context, _id, _payload, errors) => errors.map((error) => brokenOff(error, log)),
  });
}

function brokenOff({ message, extensions, originalError }: GraphQLError, log: Logger): GraphQLFormattedError {
  const { code } = extensions;
  // What a stream is read from is away: it goes on from its cursor, as after any other break.
  const away = code === "STORAGE_UNAVAILABLE";
  if (code && !away) return { message, extensions };
  log[away ? "warn" : "error"]({ err: originalError }, "a stream broke off");
  return { message: "The stream broke off.", extensions: { code: "STREAM_INTERRUPTED" } };
}

const notAHop = (): GraphQLError =>
  new GraphQLError("Only the gateway subscribes here.", { extensions: { code: "UNAUTHENTICATED" } });
