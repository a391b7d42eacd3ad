import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { until } from "./until.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** Variables that must not leak from the machine into what a test starts. */
const CLEAN = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(AIOPS_|DATABASE_URL|REDIS_URL|HOST$|PORT$|DATA_DIR|LOG_LEVEL|VITEST|NODE_ENV)/.test(name),
  ),
);

/** One of the built entry points as a real process. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  /** Of both streams, as it came. */
  output = "";
  stdout = "";

  constructor(entry: string, { args = [], env = {} }: { args?: string[]; env?: Record<string, string> } = {}) {
    const file = join(ROOT, "dist", entry);
    if (!existsSync(file)) throw new Error(`${file} is not built: start the tests by npm test.`);
    this.#child = spawn(process.execPath, [file, ...args], {
      env: { ...CLEAN, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on("data", (chunk: Buffer) => (this.output += chunk.toString("utf8")));
    this.#child.stdout?.on("data", (chunk: Buffer) => (this.stdout += chunk.toString("utf8")));
    this.#closed = once(this.#child, "close");
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves with the exit code, once all that it printed is here. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  /** Resolves once what it prints matches; fails if it ends before. */
  async prints(pattern: RegExp, timeoutMs = 30_000): Promise<RegExpExecArray> {
    return await until(
      `${pattern} in the output`,
      () => {
        const match = pattern.exec(this.output);
        if (!match && !this.running) throw new Error(`It ended with ${this.#child.exitCode}:\n${this.output}`);
        return match;
      },
      timeoutMs,
    );
  }

  /** Such as SIGSTOP, after which it stands still until SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGTERM, and the exit code. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.running) this.#child.kill(signal);
    return await this.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }
}
