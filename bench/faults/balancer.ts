import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * A TCP load balancer, as a Service is in front of replicas: each connection goes to the next backend that takes it. Those to a
 * backend that dies break, as they do there.
 */
export class Balancer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #turn = 0;

  private constructor(ports: readonly number[]) {
    this.#server = createServer((client) => {
      this.#keep(client);
      this.#turn += 1;
      this.#join(client, ports, this.#turn, ports.length);
    });
  }

  static async over(ports: readonly number[]): Promise<Balancer> {
    const balancer = new Balancer(ports);
    await new Promise<void>((resolve) => balancer.#server.listen(0, "127.0.0.1", resolve));
    return balancer;
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("The balancer does not listen.");
    return address.port;
  }

  #join(client: Socket, ports: readonly number[], turn: number, tries: number): void {
    const backend = connect({ host: "127.0.0.1", port: ports[turn % ports.length] ?? 0 });
    let joined = false;
    backend.once("connect", () => {
      joined = true;
      client.pipe(backend).pipe(client);
    });
    backend.on("error", () => {
      if (!joined && tries > 1) this.#join(client, ports, turn + 1, tries - 1);
      else client.destroy();
    });
    backend.on("close", () => joined && client.destroy());
    client.on("close", () => backend.destroy());
    this.#keep(backend);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
