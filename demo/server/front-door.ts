import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { UpstreamName } from "../fleet.ts";
import type { Handler } from "./answer.ts";
import { type Conditions, type Endpoint, serve } from "./endpoint.ts";
import { Listener } from "./listener.ts";
import type { TlsMaterial } from "./tls.ts";

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
 * Two HTTP servers that never listen themselves, one behind TLS: every endpoint is a bare listener whose connections are
 * handed to one of them and told apart by the port they came to. So a thousand clusters share one TLS context.
 */
export function createFrontDoor(options: Conditions & { readonly host: string; readonly tls: TlsMaterial }): FrontDoor {
  const byPort = new Map<number, Endpoint>();
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const endpoint = byPort.get(request.socket.localPort ?? -1);
    if (endpoint === undefined) {
      response.destroy();
      return;
    }
    serve(endpoint, request, response, options).catch((error: unknown) => response.destroy(error as Error));
  };
  // Idle connections stay open, as they do on the real servers, and cost no timer each.
  const patience = { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };
  const plain = createHttpServer(patience, answer);
  const secure = createHttpsServer({ ...patience, cert: options.tls.cert, key: options.tls.key }, answer);
  return {
    endpoint({ cluster, upstream, handler, tls, port }) {
      const server = tls ? secure : plain;
      const listener: Listener = new Listener(options.host, port, !tls, (socket) => {
        byPort.set(listener.port, endpoint);
        server.emit("connection", socket);
      });
      const endpoint: Endpoint = { cluster, upstream, handler, listener, fault: null, flights: new Set() };
      return endpoint;
    },
  };
}
