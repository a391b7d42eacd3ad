import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";

/** The server's end of a WebSocket. */
export interface WebSocketOut {
  /** Sends a frame, of text or of bytes; false where the client reads too slowly, and the frame was left out. */
  send(data: string | Uint8Array): boolean;
  ping(): void;
  close(code: number, reason: string): void;
}

/** Called once, when the connection is a WebSocket; returns how to stop, which is called when it is no more. */
export type WebSocketStart = (out: WebSocketOut) => () => void;

const MAX_BUFFERED = 1 << 20;
const server = new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: 1 << 16 });

/** Makes a connection that asked for it a WebSocket. */
export function openWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  start: WebSocketStart,
  closed: () => void,
): void {
  socket.once("close", closed);
  server.handleUpgrade(request, socket, head, (client) => {
    const stop = start({
      send(data) {
        if (client.bufferedAmount > MAX_BUFFERED) return false;
        client.send(data);
        return true;
      },
      ping: () => client.ping(),
      close: (code, reason) => client.close(code, reason),
    });
    client.on("error", () => client.terminate());
    client.once("close", stop);
  });
}
