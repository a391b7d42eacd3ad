import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort } from "../free-port.ts";
import { until } from "../until.ts";

/** A Redis of a test's own, to be stopped, starved and started again. */
export class RedisServer implements AsyncDisposable {
  readonly url: string;
  readonly #port: number;
  readonly #directory: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(port: number, directory: string, args: readonly string[]) {
    this.#port = port;
    this.#directory = directory;
    this.#args = args;
    this.url = `redis://127.0.0.1:${port}`;
  }

  static async start(...args: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), "aiops-redis-")), args);
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const own = ["--port", String(this.#port), "--bind", "127.0.0.1", "--dir", this.#directory, "--save", ""];
    this.#child = spawn("redis-server", [...own, ...this.#args], { stdio: "ignore" });
    await until("Redis answers", () =>
      this.command("PING").then(
        (answer) => answer === "PONG",
        () => false,
      ),
    );
  }

  /** At once, as by a crash. */
  async kill(): Promise<void> {
    if (!this.#child || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }

  async command(name: string, ...args: string[]): Promise<unknown> {
    const client = new Redis(this.url, { maxRetriesPerRequest: 0, retryStrategy: () => null, lazyConnect: true });
    client.on("error", () => {});
    try {
      await client.connect();
      return await client.call(name, ...args);
    } finally {
      client.disconnect();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
