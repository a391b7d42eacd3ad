/**
 * A bounded queue read as an async iterator. Hand-made because a native async generator's return() waits behind a pending
 * next(), and so leaks whatever it holds when a client leaves a quiet stream.
 */
export class Channel<T> implements AsyncIterableIterator<T> {
  readonly #queue: T[] = [];
  readonly #waiting: { resolve(result: IteratorResult<T>): void; reject(error: unknown): void }[] = [];
  readonly #limit: number;
  readonly #onClose: () => void;
  #end: { error?: unknown } | undefined;
  #returned = false;

  /** @param options.limit items kept for a slow reader. @param options.onClose runs once, when either side ends the stream. */
  constructor(options: { limit: number; onClose?: () => void }) {
    this.#limit = options.limit;
    this.#onClose = options.onClose ?? (() => {});
  }

  get length(): number {
    return this.#queue.length;
  }

  get closed(): boolean {
    return this.#end !== undefined;
  }

  /** False when the reader is too slow (the queue is full) or the stream has ended: the item was not taken. */
  push(item: T): boolean {
    if (this.#end) return false;
    const reader = this.#waiting.shift();
    if (reader) {
      reader.resolve({ value: item, done: false });
      return true;
    }
    if (this.#queue.length >= this.#limit) return false;
    this.#queue.push(item);
    return true;
  }

  /** End the stream: what is queued is still read, then `done`, or the error. */
  close(error?: unknown): void {
    if (this.#end) return;
    this.#end = error === undefined ? {} : { error };
    for (const reader of this.#waiting.splice(0)) {
      if (error === undefined) reader.resolve({ value: undefined, done: true });
      else reader.reject(error);
    }
    this.#onClose();
  }

  next(): Promise<IteratorResult<T>> {
    const item = this.#queue.shift();
    if (item !== undefined) return Promise.resolve({ value: item, done: false });
    if (this.#end) {
      const { error } = this.#end;
      if (error === undefined || this.#returned) return Promise.resolve({ value: undefined, done: true });
      this.#returned = true;
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<T>> {
    this.#returned = true;
    this.#queue.length = 0;
    this.close();
    return Promise.resolve({ value: undefined, done: true });
  }

  throw(error: unknown): Promise<IteratorResult<T>> {
    this.close(error);
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
