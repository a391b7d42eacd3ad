/**
 * A stream that is read only as fast as its reader asks: what there is to give is looked for when it is asked for, by one look at a
 * time. Hand-made for the reason given in channel.ts: return() must end a pending next() at once.
 */
export abstract class PulledIterator<T> implements AsyncIterableIterator<T> {
  #left = false;
  #turn: Promise<unknown> = Promise.resolve();

  /** One look: an item, or undefined for another look, unless the reader has left by then. */
  protected abstract look(): Promise<T | undefined>;

  /** The reader left, or a look failed: a look that waits must end now. May be called again. */
  protected abstract leave(): void;

  next(): Promise<IteratorResult<T>> {
    // One after the other: two at once would look at the same.
    const next = this.#turn.then(() => this.#next());
    this.#turn = next.catch(() => {});
    return next;
  }

  async #next(): Promise<IteratorResult<T>> {
    try {
      while (!this.#left) {
        const value = await this.look();
        if (value !== undefined) return { value, done: false };
      }
    } catch (error) {
      // Nobody calls return() after a rejected next(), and nobody who has left wants to hear of it.
      const left = this.#left;
      await this.return();
      if (!left) throw error;
    }
    return { value: undefined, done: true };
  }

  return(): Promise<IteratorResult<T>> {
    this.#left = true;
    this.leave();
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
