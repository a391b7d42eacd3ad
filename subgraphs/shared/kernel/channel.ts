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

  /** Forget what is queued: newer items make up for it. */
  clear(): void {
    this.#queue.length = 0;
  }

  /** End the stream: what is queued is still read, then `done`, or the error. */
  close(error?: unknown): void {
    if (this.#end) return;
    const [first, ...others] = this.#waiting.splice(0);
    // One reader gets the error; for all others the stream is simply over.
    this.#end = error === undefined || first ? {} : { error };
    if (error === undefined) first?.resolve({ value: undefined, done: true });
    else first?.reject(error);
    for (const reader of others) reader.resolve({ value: undefined, done: true });
    this.#onClose();
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#queue.length > 0) return Promise.resolve({ value: this.#queue.shift() as T, done: false });
    if (this.#end) {
      const { error } = this.#end;
      if (error === undefined) return Promise.resolve({ value: undefined, done: true });
      this.#end = {};
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<T>> {
    this.#queue.length = 0;
    this.close();
    this.#end = {};
    return Promise.resolve({ value: undefined, done: true });
  }

  throw(error: unknown): Promise<IteratorResult<T>> {
    return this.return().then(() => Promise.reject(error));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
