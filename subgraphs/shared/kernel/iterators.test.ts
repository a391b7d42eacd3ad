import { describe, expect, it } from "vitest";
import { Channel } from "./channel.ts";
import { filterIterator, mapIterator } from "./iterators.ts";

const done = { value: undefined, done: true };

function source(...items: number[]): Channel<number> {
  const channel = new Channel<number>({ limit: 100 });
  for (const item of items) channel.push(item);
  return channel;
}

describe.each<[string, (from: Channel<number>) => AsyncIterableIterator<number>, number[]]>([
  ["mapIterator", (from) => mapIterator(from, (n) => n * 10), [10, 20, 30]],
  ["filterIterator", (from) => filterIterator(from, async (n) => n !== 2), [1, 3]],
])("%s", (_, derive, expected) => {
  it("passes on what it should, and ends when its source does", async () => {
    const from = source(1, 2, 3);
    from.close();
    expect(await Array.fromAsync(derive(from))).toEqual(expected);
  });

  it("ends its source at once when the consumer leaves during a pending next()", async () => {
    const from = source();
    const iterator = derive(from);
    const pending = iterator.next();
    expect(await iterator.return?.()).toEqual(done);
    expect(await pending).toEqual(done);
    expect(from.closed).toBe(true);
  });

  it("passes on its source's error", async () => {
    const from = source();
    const pending = derive(from).next();
    const settled = expect(pending).rejects.toThrow("broken");
    from.close(new Error("broken"));
    await settled;
  });

  it("passes a thrown error back, and ends its source", async () => {
    const from = source();
    await expect(derive(from).throw?.(new Error("reader failed"))).rejects.toThrow("reader failed");
    expect(from.closed).toBe(true);
  });
});

describe.each<[string, (from: Channel<number>) => AsyncIterableIterator<number>]>([
  [
    "mapIterator",
    (from) =>
      mapIterator(from, () => {
        throw new Error("cannot");
      }),
  ],
  ["filterIterator", (from) => filterIterator(from, () => Promise.reject(new Error("cannot")))],
])("%s whose function fails", (_, derive) => {
  // A for-await loop calls no return() after a rejected next(): the source would stay open for ever.
  it("ends its source, and is over", async () => {
    const from = source(1, 2);
    const iterator = derive(from);
    await expect(iterator.next()).rejects.toThrow("cannot");
    expect(from.closed).toBe(true);
    expect(await iterator.next()).toEqual(done);
  });
});
