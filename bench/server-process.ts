import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { packageRoot } from "../subgraphs/shared/kernel/package-root.ts";
import { freePort } from "./free-port.ts";

/** A benchmark is one user who asks all that the server can answer: what is measured is not their budget. */
const AMPLE = { operation: 1_000_000_000, minute: 1_000_000_000_000 };
const UNBOUNDED = {
  AIOPS_LIMITS: JSON.stringify({ operationsPerUser: 100_000, cost: { viewer: AMPLE, operator: AMPLE, admin: AMPLE } }),
};

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

  /** Another program of the build, or one with a path of its own, that listens there. `log`: a file that takes what it prints. */
  static async run(
    program: string,
    port: number,
    args: readonly string[],
    env: Record<string, string> = {},
    log: number | "ignore" = "ignore",
  ): Promise<ServerProcess> {
    const main = resolve(packageRoot(), "dist", program);
    const child = spawn(process.execPath, [main, ...args], {
      env: { ...process.env, NODE_ENV: "production", LOG_LEVEL: "error", PORT: String(port), ...UNBOUNDED, ...env },
      stdio: ["ignore", log, log === "ignore" ? "inherit" : log],
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
  async until<T>(
    query: string,
    done: (data: T) => boolean,
    timeoutMs = 60_000,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const end = performance.now() + timeoutMs;
    while (performance.now() < end) {
      if (this.#child.exitCode !== null) throw new Error(`The server ended with ${this.#child.exitCode}.`);
      const data = await this.query<T>(query, {}, headers).catch(() => null);
      if (data && done(data)) return data;
      await delay(10);
    }
    throw new Error("No such answer in time.");
  }

  async query<T>(
    query: string,
    variables: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ): Promise<T> {
    const response = await fetch(`${this.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
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

  /** Ends it, and waits for that. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill(signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGTERM");
  }
}

const canConnect = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
