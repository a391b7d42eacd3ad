/**
 * A stream that opens in a moment. Hand-made for the reason given in channel.ts: return() must end a pending next() at once, and what
 * opens after it must close.
 */
export class LateStream<T> implements AsyncIterableIterator<T> {
  readonly #opening: Promise<AsyncIterableIterator<T>>;
  readonly #leaving = Promise.withResolvers<IteratorResult<T>>();
  #stream: AsyncIterableIterator<T> | undefined;
  #left = false;

  constructor(opening: Promise<AsyncIterableIterator<T>>) {
    this.#opening = opening;
    opening.then(
      (stream) => {
        this.#stream = stream;
        if (this.#left) void stream.return?.();
      },
      // Whoever reads is told.
      () => {},
    );
  }

  async next(): Promise<IteratorResult<T>> {
    if (this.#left) return OVER;
    if (this.#stream) return await this.#stream.next();
    return await Promise.race([
      this.#leaving.promise,
      this.#opening.then((stream) => (this.#left ? OVER : stream.next())),
    ]);
  }

  async return(): Promise<IteratorResult<T>> {
    this.#left = true;
    this.#leaving.resolve(OVER);
    await this.#stream?.return?.();
    return OVER;
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

const OVER = { value: undefined, done: true } as const;
