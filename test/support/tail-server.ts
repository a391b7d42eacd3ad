import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

/** One tail that is open. */
export interface OpenTail {
  params: URLSearchParams;
  headers: IncomingHttpHeaders;
  socket: WebSocket;
  /** A frame of one stream. */
  lines(stream: Record<string, string>, ...values: readonly (readonly unknown[])[]): void;
  send(frame: object | string): void;
}

export interface TailServer extends AsyncDisposable {
  url: string;
  /** Those open now, oldest first. */
  tails: OpenTail[];
  /** Every tail that was asked for, opened or not. */
  asked: { params: URLSearchParams; headers: IncomingHttpHeaders }[];
  /** Answered instead of opening one; null to open them. */
  refusal: { status: number; body: string } | null;
}

/** Loki's tail, by its real protocol, whose every frame a test sends itself. */
export async function startTailServer(tls?: { cert: string; key: string }): Promise<TailServer> {
  const server = tls ? createTlsServer(tls) : createServer();
  const sockets = new WebSocketServer({ noServer: true });
  const connections = new Set<Socket>();
  const started: TailServer = {
    url: "",
    tails: [],
    asked: [],
    refusal: null,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
  server.on("upgrade", (request, socket: Socket, head) => {
    connections.add(socket.once("close", () => connections.delete(socket)));
    // Its client may break off.
    socket.on("error", () => {});
    const { pathname, searchParams: params } = new URL(request.url ?? "", "http://tail");
    const { headers } = request;
    started.asked.push({ params, headers });
    const { status, body } = pathname.endsWith("/loki/api/v1/tail")
      ? (started.refusal ?? { status: 101, body: "" })
      : { status: 404, body: "" };
    if (status !== 101) {
      const length = Buffer.byteLength(body);
      socket.end(
        `HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${length}\r\n\r\n${body}`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => {
      const send = (frame: object | string): void =>
        opened.send(typeof frame === "string" ? frame : JSON.stringify(frame));
      const tail: OpenTail = {
        params,
        headers,
        socket: opened,
        send,
        lines: (stream, ...values) => send({ streams: [{ stream, values }] }),
      };
      started.tails.push(tail);
      opened.once("close", () => started.tails.splice(started.tails.indexOf(tail), 1));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  started.url = `${tls ? "https" : "http"}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return started;
}
