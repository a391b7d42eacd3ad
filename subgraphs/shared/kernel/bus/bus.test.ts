import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { REDIS_URL, redisProblem } from "../../../../test/support/redis.ts";
import { systemClock } from "../clock.ts";
import { createLogger } from "../log.ts";
import { type BusItem, type EventBus, parseCursor, type Retention } from "./event-bus.ts";
import { MemoryBus } from "./memory.ts";
import { BusReader, type Reading } from "./reader.ts";
import { RedisBus } from "./redis.ts";

const RETENTION = { count: 1000, ageMs: 3_600_000 };

const problem = await redisProblem();
if (problem && process.env["REQUIRE_SERVICES"] === "1") throw new Error(problem);
const admin = problem === undefined ? new Redis(REDIS_URL) : undefined;
const topics: string[] = [];
afterAll(async () => {
  for (const topic of topics) await admin?.del(`aiops:bus:${topic}`, `aiops:bus:${topic}:log`);
  admin?.disconnect();
});

function uniqueTopic(): string {
  const topic = `test-${randomUUID()}`;
  topics.push(topic);
  return topic;
}

const memory = (retention: Retention): EventBus => new MemoryBus({ retention, clock: systemClock });
const redis = (retention: Retention, connectionName = "test"): RedisBus =>
  new RedisBus({
    url: `${REDIS_URL}?connectionName=${connectionName}`,
    prefix: "aiops:",
    retention,
    log: createLogger({ level: "silent", name: "test" }),
  });

describe("MemoryBus", () => contract((retention) => memory(retention)));

describe.skipIf(problem !== undefined)(
  `RedisBus${problem === undefined ? "" : ` (skipped: ${problem}; set TEST_REDIS_URL)`}`,
  () => {
    contract((retention) => redis(retention));

    let one: RedisBus;
    let other: RedisBus;
    let topic: string;
    beforeEach(() => {
      topic = uniqueTopic();
      [one, other] = [redis(RETENTION, topic), redis(RETENTION)];
    });
    afterEach(() => Promise.all([one.close(), other.close()]));

    it("is one log for several processes", async () => {
      const cursors = [
        await one.publish(topic, { n: 1 }),
        await other.publish(topic, { n: 2 }),
        await one.publish(topic, { n: 3 }),
      ];
      const reader = new BusReader({ bus: other, topic, after: null, decode: asNumber });
      const expected = cursors.map((cursor, i) => ({ cursor, event: { n: i + 1 } }));
      expect((await one.read(topic, null, 10)).items).toEqual(expected);
      expect((await other.read(topic, null, 10)).items).toEqual(expected);
      expect(await other.head(topic)).toBe(cursors[2]);
      const pending = reader.next();
      await settled(one, topic);
      await one.publish(topic, { n: 4 });
      expect((await pending).value).toMatchObject({ event: 4 });
      await reader.return();
    });

    it("asks once for readers at the same place, and misses nothing that rang for one of them", async () => {
      const [cursor] = [await one.publish(topic, { n: 1 })];
      const calls = async (): Promise<number> =>
        Number(/cmdstat_eval:calls=(\d+)/.exec((await admin?.info("commandstats")) ?? "")?.[1] ?? 0);
      const before = await calls();
      const pages = await Promise.all(Array.from({ length: 100 }, () => other.read(topic, cursor, 10)));
      expect(pages.every(({ items }) => items.length === 0)).toBe(true);
      // Other tests of this Redis may run at the same time: a hundred of its own would show all the same.
      expect((await calls()) - before).toBeLessThan(50);
      const early = other.read(topic, cursor, 10);
      await one.publish(topic, { n: 2 });
      const [, late] = await Promise.all([early, other.read(topic, cursor, 10)]);
      expect(late.items).toHaveLength(1);
    });

    it("goes on delivering after its connections were cut", async () => {
      const reader = new BusReader({ bus: one, topic, after: await one.head(topic), decode: asNumber });
      const received = collect(reader, 300);
      await settled(one, topic);
      for (let n = 1; n <= 300; n += 1) {
        await other.publish(topic, { n });
        if (n % 100 === 50) await cutConnections();
      }
      expect(await received).toEqual(numbers(1, 300));
    });

    it("hears of what is published while it reconnects", async () => {
      const reader = new BusReader({ bus: one, topic, after: await one.head(topic), decode: asNumber });
      const pending = reader.next();
      await settled(one, topic);
      await cutConnections();
      await other.publish(topic, { n: 1 });
      expect((await pending).value).toMatchObject({ event: 1 });
      await reader.return();
    });

    /** Ends both connections of the one bus, which has the topic for its connections' name. */
    async function cutConnections(): Promise<void> {
      const connections = async (): Promise<string[]> =>
        [...String(await admin?.client("LIST")).matchAll(/^id=(\d+) .* name=(\S+) /gm)].flatMap(([, id = "", name]) =>
          name === topic ? [id] : [],
        );
      await vi.waitFor(async () => expect(await connections()).toHaveLength(2));
      for (const id of await connections()) await admin?.client("KILL", "ID", id);
    }
  },
);

/** What every bus promises. */
function contract(open: (retention: Retention) => EventBus): void {
  let buses: EventBus[];
  let topic: string;
  const opened = (retention: Partial<Retention> = {}): EventBus => {
    const bus = open({ ...RETENTION, ...retention });
    buses.push(bus);
    return bus;
  };
  const publish = async (bus: EventBus, from: number, to: number): Promise<string[]> => {
    const cursors: string[] = [];
    for (const n of numbers(from, to)) cursors.push(await bus.publish(topic, { n }));
    return cursors;
  };
  const readerOf = (bus: EventBus, after: string | null): BusReader<number> =>
    new BusReader({ bus, topic, after, decode: asNumber });

  beforeEach(() => {
    buses = [];
    topic = uniqueTopic();
  });
  afterEach(async () => {
    vi.useRealTimers();
    await Promise.all(buses.map((bus) => bus.close()));
  });

  it("answers a ping", async () => {
    await expect(opened().ping()).resolves.toBeUndefined();
  });

  it("keeps events in the order published, under cursors without holes", async () => {
    const bus = opened();
    const cursors = await publish(bus, 1, 5);
    const { epoch, seq } = parseCursor(cursors[0] ?? "");
    expect(cursors).toEqual([0, 1, 2, 3, 4].map((i) => `${epoch}-${seq + i}`));
    expect(await bus.read(topic, null, 10)).toEqual({
      gap: null,
      items: cursors.map((cursor, i) => ({ cursor, event: { n: i + 1 } })),
    });
  });

  it("numbers without holes and without repetition under concurrent publishers", async () => {
    const bus = opened();
    const cursors = await Promise.all(numbers(1, 50).map((n) => bus.publish(topic, { n })));
    expect(cursors.map((cursor) => parseCursor(cursor).seq).sort((a, b) => a - b)).toEqual(numbers(1, 50));
    expect((await bus.read(topic, null, 100)).items.map(({ cursor }) => parseCursor(cursor).seq)).toEqual(
      numbers(1, 50),
    );
  });

  it("keeps topics apart", async () => {
    const bus = opened();
    await publish(bus, 1, 2);
    expect((await bus.read(uniqueTopic(), null, 10)).items).toEqual([]);
  });

  it("reads on after a cursor, in pages", async () => {
    const bus = opened();
    const cursors = await publish(bus, 1, 5);
    const events = async (after: string | null, limit: number) =>
      numbersOf((await bus.read(topic, after, limit)).items);
    expect(await events(null, 2)).toEqual([1, 2]);
    expect(await events(cursors[1] ?? "", 2)).toEqual([3, 4]);
    expect(await events(cursors[3] ?? "", 2)).toEqual([5]);
    expect(await bus.read(topic, cursors[4] ?? "", 2)).toEqual({ gap: null, items: [] });
  });

  it("knows where the future begins, also of a topic that nothing was published to", async () => {
    const bus = opened();
    const start = await bus.head(topic);
    expect(await bus.read(topic, start, 10)).toEqual({ gap: null, items: [] });
    const cursors = await publish(bus, 1, 2);
    expect(await bus.head(topic)).toBe(cursors[1]);
    const page = await bus.read(topic, start, 10);
    expect([page.gap, numbersOf(page.items)]).toEqual([null, [1, 2]]);
  });

  it("tells exactly what retention by count has dropped", async () => {
    const bus = opened({ count: 3 });
    const cursors = await publish(bus, 1, 10);
    const kept = [8, 9, 10];
    expect(numbersOf((await bus.read(topic, null, 100)).items)).toEqual(kept);
    const { gap, items } = await bus.read(topic, cursors[1] ?? "", 100);
    expect(gap).toEqual({ from: cursors[1], to: cursors[6], count: 5, reason: "RETENTION" });
    expect(numbersOf(items)).toEqual(kept);
    // The cursor of the last one dropped has missed nothing.
    const atEdge = await bus.read(topic, cursors[6] ?? "", 100);
    expect([atEdge.gap, numbersOf(atEdge.items)]).toEqual([null, kept]);
  });

  it("tells exactly what retention by age has dropped, and keeps what is younger", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2030-01-01T00:00:00Z") });
    const bus = opened({ ageMs: 60_000 });
    const cursors = await publish(bus, 1, 12);
    vi.setSystemTime(Date.now() + 30_000);
    cursors.push(...(await publish(bus, 13, 14)));
    vi.setSystemTime(Date.now() + 29_999);
    expect((await bus.read(topic, cursors[0] ?? "", 100)).gap).toBeNull();
    vi.setSystemTime(Date.now() + 1);
    const { gap, items } = await bus.read(topic, cursors[0] ?? "", 100);
    expect(gap).toEqual({ from: cursors[0], to: cursors[11], count: 11, reason: "RETENTION" });
    expect(numbersOf(items)).toEqual([13, 14]);
    vi.setSystemTime(Date.now() + 30_000);
    expect(await bus.read(topic, cursors[12] ?? "", 100)).toEqual({
      gap: { from: cursors[12], to: cursors[13], count: 1, reason: "RETENTION" },
      items: [],
    });
    expect(await bus.head(topic)).toBe(cursors[13]);
    const [next] = await publish(bus, 15, 15);
    expect(parseCursor(next ?? "").seq).toBe(15);
  });

  it.each<[string, (head: { epoch: number; seq: number }) => string]>([
    ["an older log", ({ epoch }) => `${epoch - 1}-1`],
    ["a log of the future", ({ epoch }) => `${epoch + 1}-1`],
    ["this log, beyond its newest", ({ epoch, seq }) => `${epoch}-${seq + 1}`],
  ])("says that the log was replaced to a cursor of %s, and goes on with all it has", async (_, cursorOf) => {
    const bus = opened({ count: 3 });
    const cursors = await publish(bus, 1, 5);
    const cursor = cursorOf(parseCursor(cursors[4] ?? ""));
    const { gap, items } = await bus.read(topic, cursor, 10);
    expect(gap).toEqual({ from: cursor, to: cursors[1], count: null, reason: "LOG_REPLACED" });
    expect(numbersOf(items)).toEqual([3, 4, 5]);
    expect((await bus.read(topic, gap?.to ?? "", 10)).gap).toBeNull();
  });

  it.each(["", "1", "-", "1-", "-1", "a-b", "1-1-1", " 1-1", "1-1\n", "1-1234567890123456"])(
    "refuses %j for a cursor",
    async (cursor) => {
      const bus = opened();
      await expect(bus.read(topic, cursor, 10)).rejects.toMatchObject({ code: "INVALID_CURSOR" });
    },
  );

  it("rings for every watcher of the topic until it stops watching", async () => {
    const bus = opened();
    const [one, two, other] = [vi.fn(), vi.fn(), vi.fn()];
    const stop = bus.watch(topic, one);
    // The same function may watch twice; the second must not stop the first.
    bus.watch(topic, two);
    bus.watch(topic, two)();
    bus.watch(uniqueTopic(), other);
    await settled(bus, topic);
    for (const bell of [one, two, other]) bell.mockClear();
    await publish(bus, 1, 1);
    await vi.waitFor(() => expect(two).toHaveBeenCalledOnce());
    expect(one).toHaveBeenCalledOnce();
    stop();
    await publish(bus, 2, 2);
    await vi.waitFor(() => expect(two).toHaveBeenCalledTimes(2));
    expect(one).toHaveBeenCalledOnce();
    expect(other).not.toHaveBeenCalled();
  });

  describe("read by a BusReader", () => {
    it("delivers all from a cursor on, while more is published, without loss or repetition", async () => {
      const bus = opened();
      const [first = ""] = await publish(bus, 1, 150);
      const received = collect(readerOf(bus, first), 499);
      for (let n = 151; n <= 500; n += 10) {
        await Promise.all(numbers(n, n + 9).map((each) => bus.publish(topic, { n: each })));
        if (n % 50 === 1) await new Promise(setImmediate);
      }
      expect(new Set(await received)).toEqual(new Set(numbers(2, 500)));
    });

    it("delivers to two next() at once two different items", async () => {
      const bus = opened();
      const reader = readerOf(bus, await bus.head(topic));
      const pending = [reader.next(), reader.next(), reader.next()];
      await publish(bus, 1, 3);
      expect((await Promise.all(pending)).map(({ value }) => (value as BusItem<number>).event)).toEqual([1, 2, 3]);
      await reader.return();
    });

    it("delivers only what is to come, from no cursor", async () => {
      const bus = opened();
      await publish(bus, 1, 3);
      const reader = readerOf(bus, null);
      const pending = reader.next();
      await settled(bus, topic);
      await publish(bus, 4, 4);
      expect((await pending).value).toMatchObject({ event: 4 });
      await reader.return();
    });

    it("tells of a gap as an item of its own, and goes on behind it", async () => {
      const bus = opened({ count: 2 });
      const cursors = await publish(bus, 1, 5);
      const reader = readerOf(bus, cursors[0] ?? "");
      const gap = { from: cursors[0], to: cursors[2], count: 2, reason: "RETENTION" };
      expect((await reader.next()).value).toEqual({ gap, cursor: cursors[2] });
      expect((await reader.next()).value).toEqual({ cursor: cursors[3], event: 4 });
      await reader.return();
    });

    it("passes over what it cannot decode, also whole pages of it", async () => {
      const bus = opened();
      const start = await bus.head(topic);
      await Promise.all(numbers(1, 250).map((n) => bus.publish(topic, { of: "a later version", n: String(n) })));
      const cursor = await bus.publish(topic, { n: 7 });
      const reader = readerOf(bus, start);
      expect((await reader.next()).value).toEqual({ cursor, event: 7 });
      await reader.return();
    });

    it("ends a pending next() at once when the consumer leaves, and watches no more", async () => {
      const bus = opened();
      const stop = vi.fn();
      const watch = bus.watch.bind(bus);
      vi.spyOn(bus, "watch").mockImplementation((of, bell) => {
        const unwatch = watch(of, bell);
        return () => {
          stop();
          unwatch();
        };
      });
      const reader = readerOf(bus, null);
      const pending = reader.next();
      await settled(bus, topic);
      expect(await reader.return()).toEqual({ value: undefined, done: true });
      expect(await pending).toEqual({ value: undefined, done: true });
      expect(stop).toHaveBeenCalled();
      expect(await reader.next()).toEqual({ value: undefined, done: true });
    });

    it("watches nothing when the consumer leaves before it begins", async () => {
      const bus = opened();
      const watch = vi.spyOn(bus, "watch");
      const reader = readerOf(bus, null);
      await reader.return();
      expect(await reader.next()).toEqual({ value: undefined, done: true });
      expect(watch).not.toHaveBeenCalled();
    });

    it("passes on a failure of the bus, and watches no more", async () => {
      const bus = opened();
      const stop = vi.fn();
      vi.spyOn(bus, "watch").mockReturnValue(stop);
      vi.spyOn(bus, "read").mockRejectedValue(new Error("gone"));
      const reader = readerOf(bus, null);
      await expect(reader.next()).rejects.toThrow("gone");
      expect(stop).toHaveBeenCalled();
      expect(await reader.next()).toEqual({ value: undefined, done: true });
    });
  });
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const numbersOf = (items: BusItem<unknown>[]): unknown[] => items.map(({ event }) => (event as { n: number }).n);

function asNumber(event: unknown): number | null {
  const { n } = event as { n: unknown };
  return typeof n === "number" ? n : null;
}

async function collect(reader: BusReader<number>, count: number): Promise<number[]> {
  const events: number[] = [];
  const cursors = new Set<string>();
  for await (const reading of reader as AsyncIterable<Reading<number>>) {
    if ("gap" in reading) throw new Error(`a gap: ${JSON.stringify(reading.gap)}`);
    expect(cursors).not.toContain(reading.cursor);
    cursors.add(reading.cursor);
    events.push(reading.event);
    if (events.length === count) break;
  }
  return events;
}

/** Whatever the bus had under way for the topic has been done: it has rung once for a watcher that came later. */
async function settled(bus: EventBus, topic: string): Promise<void> {
  await bus.head(topic);
  if (bus instanceof RedisBus) {
    await vi.waitFor(async () =>
      expect(await admin?.pubsub("NUMSUB", `aiops:bus:${topic}`)).toEqual([expect.anything(), 1]),
    );
  }
  await bus.head(topic);
  await new Promise(setImmediate);
}
