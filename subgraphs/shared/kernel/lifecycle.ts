import type { Logger } from "./log.ts";

/**
 * What was opened, closed in reverse order. Each part registers itself when it opens, so that a start that fails half-way
 * and an orderly stop run the same code.
 */
export class Lifecycle {
  readonly #closers: { name: string; close: () => unknown }[] = [];
  readonly #log: Logger;
  #closing: Promise<void> | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  onClose(name: string, close: () => unknown): void {
    this.#closers.push({ name, close });
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    for (const { name, close } of this.#closers.reverse()) {
      try {
        await close();
      } catch (error) {
        this.#log.warn({ err: error, part: name }, "a part did not close cleanly");
      }
    }
  }

  /** Close on SIGINT and SIGTERM. A second signal, or `graceMs` without an end, leaves at once. */
  onSignals(graceMs: number): void {
    const stop = (signal: NodeJS.Signals): void => {
      if (this.#closing) process.exit(1);
      this.#log.info({ signal }, "stopping");
      setTimeout(() => process.exit(1), graceMs).unref();
      void this.close().then(() => process.exit(0));
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  }
}
