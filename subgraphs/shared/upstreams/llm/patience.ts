import { CodedError } from "../../kernel/errors.ts";

export interface PatienceMs {
  /** Until the first word. */
  first: number;
  /** Between one word and the next. */
  idle: number;
  /** Until the last one. */
  total: number;
}

/** A signal that ends when the caller leaves, or when an answer takes too long to begin, to go on or to end. */
export class Patience implements Disposable {
  readonly signal: AbortSignal;
  readonly #late = new AbortController();
  readonly #idleMs: number;
  readonly #total: NodeJS.Timeout;
  #next: NodeJS.Timeout;

  constructor({ first, idle, total }: PatienceMs, caller: AbortSignal) {
    this.#idleMs = idle;
    this.signal = AbortSignal.any([caller, this.#late.signal]);
    this.#total = this.#after(total, `It took longer than ${total / 1000} s.`);
    this.#next = this.#after(first, `No word of it came within ${first / 1000} s.`);
  }

  /** Something came. */
  heard(): void {
    clearTimeout(this.#next);
    this.#next = this.#after(this.#idleMs, `It said nothing for ${this.#idleMs / 1000} s.`);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#next);
    clearTimeout(this.#total);
  }

  #after(ms: number, message: string): NodeJS.Timeout {
    return setTimeout(() => this.#late.abort(new CodedError("UPSTREAM_TIMEOUT", message)), ms).unref();
  }
}
