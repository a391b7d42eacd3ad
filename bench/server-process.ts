import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** The real command of `npm start`, as a process of its own. */
export class ServerProcess implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  static async start(env: Record<string, string>): Promise<ServerProcess> {
    return await ServerProcess.run("gateway/all-in-one.js", await freePort(), [], env);
  }

  /** Another program of the build, that listens there. */
  static async run(
    program: string,
    port: number,
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<ServerProcess> {
    const main = new URL(`../${program}`, import.meta.url).pathname;
    const child = spawn(process.execPath, [main, ...args], {
      env: { ...process.env, NODE_ENV: "production", LOG_LEVEL: "error", PORT: String(port), ...env },
      stdio: ["ignore", "ignore", "inherit"],
    });
    const server = new ServerProcess(`http://127.0.0.1:${port}`, child);
    await server.#listens(port);
    return server;
  }

  async #listens(port: number): Promise<void> {
    while (!(await canConnect(port))) {
      if (this.#child.exitCode !== null) throw new Error(`The server ended with ${this.#child.exitCode}.`);
      await delay(20);
    }
  }

  /** Ask until the answer is one that `done` accepts. */
  async until<T>(query: string, done: (data: T) => boolean, timeoutMs = 60_000): Promise<T> {
    const end = performance.now() + timeoutMs;
    while (performance.now() < end) {
      if (this.#child.exitCode !== null) throw new Error(`The server ended with ${this.#child.exitCode}.`);
      const data = await this.query<T>(query).catch(() => null);
      if (data && done(data)) return data;
      await delay(10);
    }
    throw new Error("No such answer in time.");
  }

  async query<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    const response = await fetch(`${this.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data: T; errors?: unknown[] };
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** Resident memory in MiB. */
  async residentMiB(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, "utf8");
    return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024);
  }

  /** User and system CPU used so far, in milliseconds. */
  async cpuMs(): Promise<number> {
    const stat = await readFile(`/proc/${this.#child.pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}

/** Below the ports that connections are made from: whoever tries one of those until it listens may reach itself, and so take it. */
export async function freePort(): Promise<number> {
  const port = randomInt(10_000, 20_000);
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return freePort();
  }
  server.close();
  await once(server, "close");
  return port;
}

const canConnect = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
