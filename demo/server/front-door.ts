import { createServer as createHttpServer, type IncomingMessage, ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { UpstreamName } from "../fleet.ts";
import type { Handler } from "./answer.ts";
import { type Conditions, type Endpoint, serve } from "./endpoint.ts";
import { Listener } from "./listener.ts";
import type { TlsMaterial } from "./tls.ts";
import { openWebSocket, type WebSocketStart } from "./websocket.ts";

/** What a TLS server says to a client that begins with plain HTTP: alert, TLS 1.2, fatal, unexpected message. */
const TLS_ALERT = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x0a]);

export interface EndpointOptions {
  readonly cluster: string;
  readonly upstream: UpstreamName;
  readonly handler: Handler;
  readonly tls: boolean;
  readonly port: number;
}

export interface FrontDoor {
  /** A new endpoint, not listening yet. */
  endpoint(options: EndpointOptions): Endpoint;
}

/**
 * HTTP servers that never listen themselves, two of them behind TLS: every endpoint is a bare listener whose connections are
 * handed to one of them and told apart by the port they came to. So a thousand clusters share one TLS context.
 */
export function createFrontDoor(
  options: Conditions & { readonly host: string; readonly tls: TlsMaterial; readonly untrusted: TlsMaterial },
): FrontDoor {
  const byPort = new Map<number, Endpoint>();
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const endpoint = byPort.get(request.socket.localPort ?? -1);
    if (endpoint === undefined) {
      response.destroy();
      return;
    }
    serve(endpoint, request, response, options).catch((error: unknown) => response.destroy(error as Error));
  };
  const upgrade = (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const endpoint = byPort.get(request.socket.localPort ?? -1);
    if (endpoint === undefined) {
      socket.destroy();
      return;
    }
    // Unless it becomes a WebSocket, the request is answered as any other, and the connection ends with that.
    const response = new ServerResponse(request);
    response.assignSocket(socket);
    response.shouldKeepAlive = false;
    response.once("finish", () => socket.end());
    const open = (start: WebSocketStart) => {
      response.detachSocket(socket);
      openWebSocket(request, socket, head, start, () => response.emit("close"));
    };
    serve(endpoint, request, response, options, open).catch((error: unknown) => socket.destroy(error as Error));
  };
  // Idle connections stay open, as they do on the real servers, and cost no timer each.
  const patience = { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };
  const plain = createHttpServer(patience, answer).on("upgrade", upgrade);
  const [secure, untrusted] = [options.tls, options.untrusted].map(({ cert, key }) =>
    createHttpsServer({ ...patience, cert, key }, answer).on("upgrade", upgrade),
  );
  return {
    endpoint({ cluster, upstream, handler, tls, port }) {
      const server = tls ? secure : plain;
      const listener: Listener = new Listener(options.host, port, !tls, (socket) => {
        byPort.set(listener.port, endpoint);
        if (endpoint.fault?.fault !== "tls") server?.emit("connection", socket);
        else if (tls) untrusted?.emit("connection", socket);
        else socket.once("data", () => socket.end(TLS_ALERT));
      });
      const endpoint: Endpoint = { cluster, upstream, handler, listener, fault: null, flights: new Set() };
      return endpoint;
    },
  };
}
