/** Hand-made, for the reason given in channel.ts: return() must reach the source at once, also during a pending next(). */
const derived = <T, U>(
  source: AsyncIterableIterator<T>,
  next: () => Promise<IteratorResult<U>>,
): AsyncIterableIterator<U> => ({
  next: async () => {
    try {
      return await next();
    } catch (error) {
      // Nobody calls return() after a rejected next().
      await source.return?.();
      throw error;
    }
  },
  return: async (): Promise<IteratorResult<U>> => {
    await source.return?.();
    return { value: undefined, done: true };
  },
  throw: async (error): Promise<IteratorResult<U>> => {
    await source.return?.();
    throw error;
  },
  [Symbol.asyncIterator]() {
    return this;
  },
});

export const mapIterator = <T, U>(source: AsyncIterableIterator<T>, map: (item: T) => U): AsyncIterableIterator<U> =>
  derived<T, U>(source, async () => {
    const result = await source.next();
    return result.done ? { value: undefined, done: true } : { value: map(result.value), done: false };
  });

export const filterIterator = <T>(
  source: AsyncIterableIterator<T>,
  keep: (item: T) => Promise<boolean>,
): AsyncIterableIterator<T> =>
  derived(source, async () => {
    for (;;) {
      const result = await source.next();
      if (result.done || (await keep(result.value))) return result;
    }
  });
