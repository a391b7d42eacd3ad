import WebSocket from "ws";

export interface CrowdOptions {
  url: string;
  sockets: number;
  token?: string;
  /** The subscription of the n-th socket. */
  subscription: (index: number) => { query: string; variables?: Record<string, unknown> };
}

/** When an event was published travels in it, so that any receiver can tell how long it took. */
const PUBLISHED_AT = /"published_at":(\d+(?:\.\d+)?)/;
const OPENING_AT_ONCE = 50;

/** Many graphql-ws clients in this process, which do as little as they can: what is measured is the server. */
export class SocketCrowd implements AsyncDisposable {
  readonly #sockets: WebSocket[] = [];
  readonly latencies: number[] = [];
  received = 0;
  /** When the last was received. */
  receivedAt = 0;
  /** What an item or a subscription was refused with, the first time. */
  failure: string | undefined;

  static async open(options: CrowdOptions): Promise<SocketCrowd> {
    const crowd = new SocketCrowd();
    for (let from = 0; from < options.sockets; from += OPENING_AT_ONCE) {
      const count = Math.min(OPENING_AT_ONCE, options.sockets - from);
      await Promise.all(Array.from({ length: count }, (_, index) => crowd.#connect(options, from + index)));
    }
    return crowd;
  }

  reset(): void {
    this.latencies.length = 0;
    this.received = 0;
  }

  /** Sockets that stop reading: what is sent to them stays with the server. */
  stall(count: number): void {
    for (const socket of this.#sockets.slice(0, count)) socket.pause();
  }

  #connect({ url, token, subscription }: CrowdOptions, index: number): Promise<void> {
    const socket = new WebSocket(url, "graphql-transport-ws", { perMessageDeflate: false });
    this.#sockets.push(socket);
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("open", () => {
        const payload = token ? { authorization: `Bearer ${token}` } : {};
        socket.send(JSON.stringify({ type: "connection_init", payload }));
      });
      socket.on("message", (data: Buffer) => {
        const text = data.toString("utf8");
        if (text.startsWith('{"type":"connection_ack"')) {
          socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: subscription(index) }));
          resolve();
        } else if (text.includes('"errors":') || text.includes('"type":"error"')) this.failure ??= text;
        else if (text.includes('"type":"next"')) this.#take(text);
        else if (text.includes('"type":"ping"')) socket.send('{"type":"pong"}');
      });
    });
  }

  #take(text: string): void {
    this.received += 1;
    this.receivedAt = performance.now();
    const at = PUBLISHED_AT.exec(text)?.[1];
    if (at) this.latencies.push(performance.timeOrigin + performance.now() - Number(at));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
  }
}
