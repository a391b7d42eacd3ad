import { describe, expect, it, vi } from "vitest";
import { Channel } from "./channel.ts";

const done = { value: undefined, done: true };
const item = (value: unknown) => ({ value, done: false });

describe("Channel", () => {
  it("delivers in order, to a reader that waits and to one that comes later", async () => {
    const channel = new Channel<number>({ limit: 10 });
    const waiting = [channel.next(), channel.next()];
    for (const n of [1, 2, 3]) channel.push(n);
    expect(await Promise.all([...waiting, channel.next()])).toEqual([item(1), item(2), item(3)]);
  });

  it("takes any value for an item, undefined too", async () => {
    const channel = new Channel<undefined>({ limit: 1 });
    channel.push(undefined);
    expect(await channel.next()).toEqual(item(undefined));
  });

  it("refuses what a slow reader has no room for, and takes again once it has read", async () => {
    const channel = new Channel<number>({ limit: 2 });
    expect([channel.push(1), channel.push(2), channel.push(3)]).toEqual([true, true, false]);
    expect(channel.length).toBe(2);
    await channel.next();
    expect(channel.push(4)).toBe(true);
    expect([await channel.next(), await channel.next()]).toEqual([item(2), item(4)]);
  });

  it("forgets what is queued when it is told to, and takes newer items", async () => {
    const channel = new Channel<number>({ limit: 2 });
    for (const n of [1, 2]) channel.push(n);
    channel.clear();
    expect([channel.length, channel.push(3)]).toEqual([0, true]);
    expect(await channel.next()).toEqual(item(3));
  });

  it("ends a pending next() at once when the reader leaves, and drops what is queued", async () => {
    const onClose = vi.fn();
    const channel = new Channel<number>({ limit: 2, onClose });
    const pending = channel.next();
    expect(await channel.return()).toEqual(done);
    expect(await pending).toEqual(done);
    expect(channel.push(1)).toBe(false);
    expect(await channel.next()).toEqual(done);
    expect(channel.closed).toBe(true);
    await channel.return();
    expect(onClose).toHaveBeenCalledOnce();
  });

  it("ends after what is queued when the writer closes", async () => {
    const onClose = vi.fn();
    const channel = new Channel<number>({ limit: 2, onClose });
    channel.push(1);
    channel.close();
    channel.close(new Error("too late"));
    expect(channel.push(2)).toBe(false);
    expect([await channel.next(), await channel.next(), await channel.next()]).toEqual([item(1), done, done]);
    expect(onClose).toHaveBeenCalledOnce();
  });

  it.each(["before", "after"])("delivers the writer's error once to a reader that comes %s it", async (when) => {
    const channel = new Channel<number>({ limit: 2 });
    const early = when === "before" ? channel.next() : undefined;
    const settled = early && expect(early).rejects.toThrow("broken");
    channel.close(new Error("broken"));
    await (settled ?? expect(channel.next()).rejects.toThrow("broken"));
    expect(await channel.next()).toEqual(done);
  });

  it("passes a thrown error back, and is over", async () => {
    const channel = new Channel<number>({ limit: 2 });
    channel.push(1);
    const error = new Error("reader failed");
    await expect(channel.throw(error)).rejects.toBe(error);
    expect(await channel.next()).toEqual(done);
  });

  it("closes at the end of a for-await loop that stops early, and of an await-using block", async () => {
    const looped = new Channel<number>({ limit: 2 });
    looped.push(1);
    for await (const value of looped) {
      expect(value).toBe(1);
      break;
    }
    expect(looped.closed).toBe(true);
    const scoped = new Channel<number>({ limit: 1 });
    {
      await using inner = scoped;
      inner.push(1);
    }
    expect(scoped.closed).toBe(true);
  });
});
