import { once } from "node:events";
import { open } from "node:fs/promises";
import WebSocket from "ws";
import { freePort } from "../free-port.ts";
import { ServerProcess } from "../server-process.ts";

export interface PartOptions {
  name: string;
  port: number;
  program: string;
  args?: readonly string[];
  env: Record<string, string>;
  /** Takes what it prints, over all its lives. */
  logFile: string;
}

/** One replica: a process that may be killed, and started again where it was. */
export class Part implements AsyncDisposable {
  readonly name: string;
  readonly #options: PartOptions;
  readonly #inspectPort: number;
  #process: ServerProcess | undefined;

  private constructor(options: PartOptions, inspectPort: number) {
    this.name = options.name;
    this.#options = options;
    this.#inspectPort = inspectPort;
  }

  static async of(options: PartOptions): Promise<Part> {
    return new Part(options, await freePort());
  }

  /** Once it listens. */
  async start(): Promise<void> {
    const { program, port, args = [], env, logFile } = this.#options;
    const inspect = `--inspect=127.0.0.1:${this.#inspectPort} --inspect-publish-uid=http`;
    await using log = await open(logFile, "a");
    this.#process = await ServerProcess.run(program, port, args, { ...env, NODE_OPTIONS: inspect }, log.fd);
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    await this.#process?.stop(signal);
  }

  residentMiB(): Promise<number> {
    if (!this.#process) throw new Error(`${this.name} does not run.`);
    return this.#process.residentMiB();
  }

  /** What its main thread's heap holds once all garbage is collected: what it has kept, in MiB. */
  async keptMiB(): Promise<number> {
    const targets = (await (await fetch(`http://127.0.0.1:${this.#inspectPort}/json/list`)).json()) as {
      webSocketDebuggerUrl: string;
    }[];
    const socket = new WebSocket(targets[0]?.webSocketDebuggerUrl ?? "");
    await once(socket, "open");
    const call = async (id: number, method: string): Promise<{ usedSize: number }> => {
      socket.send(JSON.stringify({ id, method }));
      for (;;) {
        const [data] = (await once(socket, "message")) as [Buffer];
        const message = JSON.parse(data.toString("utf8")) as { id?: number; result: { usedSize: number } };
        if (message.id === id) return message.result;
      }
    };
    try {
      await call(1, "HeapProfiler.collectGarbage");
      return Math.round((await call(2, "Runtime.getHeapUsage")).usedSize / 1024 / 1024);
    } finally {
      socket.terminate();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }
}
