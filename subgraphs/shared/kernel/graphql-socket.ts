import type { IncomingMessage } from "node:http";
import type { Server } from "graphql-ws";
import type { RawData, WebSocket } from "ws";
import type { Logger } from "./log.ts";

export interface SocketExtra {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
}

const INTERNAL_ERROR = 4500;

const textOf = (data: RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString();

/**
 * Serve one socket by a graphql-ws server. Sends wait for the socket, so that a slow reader slows its own streams; a peer that
 * does not answer a ping until the next one is due is gone.
 */
export function serveGraphQLSocket(
  server: Server<SocketExtra>,
  socket: WebSocket,
  request: IncomingMessage,
  options: { log: Logger; keepAliveMs: number },
): void {
  const { log, keepAliveMs } = options;
  let alive = true;
  const heartbeat = setInterval(() => {
    if (!alive) {
      socket.terminate();
      return;
    }
    alive = false;
    socket.ping();
  }, keepAliveMs);
  socket.on("pong", () => {
    alive = true;
  });
  // ws closes the socket itself, with a code that says why.
  socket.on("error", (error) => log.debug({ err: error }, "a socket failed"));

  const closed = server.opened(
    {
      protocol: socket.protocol,
      send: (data) =>
        new Promise((resolve, reject) => {
          if (socket.readyState !== socket.OPEN) resolve();
          else socket.send(data, (error) => (error ? reject(error) : resolve()));
        }),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (handle) =>
        socket.on("message", (data) => {
          handle(textOf(data)).catch((error: unknown) => {
            if (socket.readyState !== socket.OPEN) return;
            log.error({ err: error }, "a socket's message could not be handled");
            socket.close(INTERNAL_ERROR, "Internal server error");
          });
        }),
    },
    { socket, request },
  );
  socket.once("close", (code, reason) => {
    clearInterval(heartbeat);
    closed(code, String(reason)).catch((error: unknown) => log.warn({ err: error }, "a socket did not close cleanly"));
  });
}

/** Close every socket with this code, and do not wait longer than `graceMs` for those that are deaf. */
export async function closeSockets(
  sockets: Iterable<WebSocket>,
  { code, reason, graceMs }: { code: number; reason: string; graceMs: number },
): Promise<void> {
  await Promise.all(
    [...sockets].map(
      (socket) =>
        new Promise<void>((resolve) => {
          const timer = setTimeout(() => socket.terminate(), graceMs);
          socket.once("close", () => {
            clearTimeout(timer);
            resolve();
          });
          if (socket.readyState === socket.CLOSED) {
            clearTimeout(timer);
            resolve();
          } else socket.close(code, reason);
        }),
    ),
  );
}
