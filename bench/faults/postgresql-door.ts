import { connect, createServer, type Server, type Socket } from "node:net";
import pg from "pg";

/**
 * The way to a PostgreSQL that cannot be restarted here: closed, every connection breaks and new ones are refused, which is all
 * that its clients see of a restart.
 */
export class PostgresqlDoor implements AsyncDisposable {
  readonly url: string;
  readonly #sockets = new Set<Socket>();
  readonly #target: URL;
  readonly #database: string;
  readonly #port: number;
  #server: Server | undefined;

  private constructor(target: URL, database: string, port: number) {
    this.#target = target;
    this.#database = database;
    this.#port = port;
    const url = new URL(target);
    url.host = `127.0.0.1:${port}`;
    url.pathname = `/${database}`;
    this.url = url.href;
  }

  /** In front of a new database of that server. */
  static async start(serverUrl: string, database: string, port: number): Promise<PostgresqlDoor> {
    const door = new PostgresqlDoor(new URL(serverUrl), database, port);
    await door.#administer(`CREATE DATABASE ${database}`);
    await door.start();
    return door;
  }

  async start(): Promise<void> {
    const server = createServer((client) => {
      const { hostname, port } = this.#target;
      const behind = connect({ host: hostname, port: Number(port || 5432) });
      for (const [socket, other] of [
        [client, behind],
        [behind, client],
      ] as const) {
        this.#sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
      }
      client.pipe(behind).pipe(client);
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
  }

  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #administer(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.#target.href, connectionTimeoutMillis: 5000 });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#administer(`DROP DATABASE ${this.#database} WITH (FORCE)`);
  }
}
