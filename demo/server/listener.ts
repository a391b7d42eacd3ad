import { createServer, type Server, type Socket } from "node:net";
import { setImmediate, setTimeout } from "node:timers/promises";

const RETRIES = 40;
const RETRY_AFTER_MS = 50;

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

/**
 * One port that accepts connections and hands them on. It owns them, so that it can stop listening for real (clients get
 * ECONNREFUSED) and later listen on the same port again.
 */
export class Listener {
  readonly #accept: (socket: Socket) => void;
  readonly #host: string;
  readonly #halfOpen: boolean;
  #server: Server | undefined;
  #held = false;
  readonly #sockets = new Map<string, Socket>();
  port: number;

  constructor(host: string, port: number, halfOpen: boolean, accept: (socket: Socket) => void) {
    this.#host = host;
    this.port = port;
    this.#halfOpen = halfOpen;
    this.#accept = accept;
  }

  /** Listens; on port 0 any free one, which is kept from then on. Waits a little for a port that is still being given back. */
  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    for (let attempt = 0; ; attempt++) {
      const server = createServer({ allowHalfOpen: this.#halfOpen, noDelay: true }, (socket) => this.#own(socket));
      try {
        this.port = await listen(server, this.port, this.#host);
        this.#server = server;
        this.#held = true;
        return;
      } catch (error) {
        const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
        // A port we held a moment ago comes free again; one that others hold from the start does not.
        if (!taken || !this.#held || attempt >= RETRIES) throw error;
        await setTimeout(RETRY_AFTER_MS);
      }
    }
  }

  #own(socket: Socket): void {
    const peer = peerOf(socket);
    this.#sockets.set(peer, socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      if (this.#sockets.get(peer) === socket) this.#sockets.delete(peer);
    });
    this.#accept(socket);
  }

  /** Resets the connection beneath this socket, which may be a TLS one (the client sees ECONNRESET). */
  reset(socket: Socket): void {
    this.#sockets.get(peerOf(socket))?.resetAndDestroy();
  }

  /** Stops listening and drops every connection; a client in this process has noticed when it resolves. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets.values()) socket.destroy();
    await closed;
    // The clients' ends of the connections become readable in the next turn of the event loop.
    for (let turn = 0; turn < 3; turn++) await setImmediate();
  }
}
