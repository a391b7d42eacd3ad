import { afterEach, describe, expect, it } from "vitest";
import { RedisServer } from "../../../../bench/faults/redis-server.ts";
import { missingPrograms } from "../../../../test/support/prometheus.ts";
import { until } from "../../../../test/support/until.ts";
import { createLogger } from "../log.ts";
import { BusReader, type Reading } from "./reader.ts";
import { RedisBus } from "./redis.ts";

const missing = missingPrograms("redis-server");
if (missing.length > 0 && process.env["REQUIRE_SERVICES"] === "1") throw new Error("redis-server is missing");

const TOPIC = "events";
type Item = { n: number };

describe.skipIf(missing.length > 0)("RedisBus, when its Redis", () => {
  const open: AsyncDisposable[] = [];
  const buses: RedisBus[] = [];
  afterEach(async () => {
    for (const bus of buses.splice(0)) await bus.close();
    for (const server of open.splice(0)) await server[Symbol.asyncDispose]();
  });
  const server = async (...args: string[]): Promise<RedisServer> => {
    const started = await RedisServer.start(...args);
    open.push(started);
    return started;
  };
  const busOn = ({ url }: RedisServer): RedisBus => {
    const bus = new RedisBus({
      url,
      prefix: "test:",
      retention: { count: 100_000, ageMs: 3_600_000 },
      log: createLogger({ level: "silent", name: "test" }),
    });
    buses.push(bus);
    return bus;
  };
  /** A reader that comes back with its cursor when reading fails, as subscribers do. */
  function follow(bus: RedisBus, after: string) {
    const readings: Reading<Item>[] = [];
    let cursor = after;
    let stopped = false;
    let reader: BusReader<Item> | undefined;
    void (async () => {
      while (!stopped) {
        reader = new BusReader({ bus, topic: TOPIC, after: cursor, decode: (event) => event as Item });
        try {
          for await (const reading of reader) {
            readings.push(reading);
            cursor = reading.cursor;
          }
        } catch {
          // It comes back.
        }
      }
    })();
    return {
      readings,
      numbers: () => readings.flatMap((reading) => ("event" in reading ? [reading.event.n] : [])),
      gaps: () => readings.flatMap((reading) => ("gap" in reading ? [reading.gap] : [])),
      stop: () => {
        stopped = true;
        void reader?.return();
      },
    };
  }
  const publish = async (bus: RedisBus, from: number, count: number): Promise<void> => {
    for (let n = from; n < from + count; n += 1) await bus.publish(TOPIC, { n }, `id-${n}`);
  };
  const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index);

  it("is restarted and keeps its data, loses and repeats nothing", async () => {
    const redis = await server("--appendonly", "yes", "--appendfsync", "always");
    const [publisher, other] = [busOn(redis), busOn(redis)];
    const follower = follow(other, await other.head(TOPIC));
    await publish(publisher, 0, 10);
    await redis.kill();
    // Whoever publishes is told, and may publish again under the same id.
    await expect(publisher.publish(TOPIC, { n: 10 }, "id-10")).rejects.toThrow();
    await redis.start();
    await until("publishing works again", () =>
      publisher.publish(TOPIC, { n: 10 }, "id-10").then(Boolean, () => false),
    );
    await publish(publisher, 11, 5);
    await until("the reader has all", () => follower.numbers().length >= 16);
    expect(follower.numbers()).toEqual(upTo(16));
    expect(follower.gaps()).toEqual([]);
    follower.stop();
  }, 30_000);

  it("is restarted empty, tells of the gap and goes on", async () => {
    const redis = await server();
    const [publisher, other] = [busOn(redis), busOn(redis)];
    const follower = follow(other, await other.head(TOPIC));
    await publish(publisher, 0, 3);
    await until("the reader has all", () => follower.numbers().length === 3);
    await redis.kill();
    await redis.start();
    await until("publishing works again", () => publisher.publish(TOPIC, { n: 3 }).then(Boolean, () => false));
    await until("the reader goes on", () => follower.numbers().includes(3));
    expect(follower.gaps()).toMatchObject([{ reason: "LOG_REPLACED", count: null }]);
    expect(follower.numbers()).toEqual(upTo(4));
    follower.stop();
  }, 30_000);

  it("is away, says so to whoever asks, soon and by a code, and from then on at once", async () => {
    const redis = await server();
    const bus = busOn(redis);
    await bus.ping();
    await redis.kill();
    await until("it is known", () =>
      bus.ping().then(
        () => false,
        () => true,
      ),
    );
    const began = performance.now();
    await expect(bus.read(TOPIC, null, 1)).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    const waited = performance.now() - began;
    await expect(bus.head(TOPIC)).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    expect(performance.now() - began - waited).toBeLessThan(waited);
    await redis.start();
    await until("it is back", () => bus.head(TOPIC).then(Boolean, () => false));
  }, 30_000);

  it("hangs, and is not waited for longer than a moment", async () => {
    const redis = await server();
    const bus = busOn(redis);
    await bus.ping();
    await redis.command("CLIENT", "PAUSE", "60000", "ALL");
    await expect(bus.read(TOPIC, null, 1)).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    await expect(bus.ping()).rejects.toThrow();
  }, 30_000);

  it("stands still for a while, delivers everything afterwards, once and in order", async () => {
    const redis = await server();
    const [publisher, other] = [busOn(redis), busOn(redis)];
    const follower = follow(other, await other.head(TOPIC));
    await redis.command("CLIENT", "PAUSE", "500", "ALL");
    const publishing = Promise.all(upTo(100).map((n) => publisher.publish(TOPIC, { n }, `id-${n}`)));
    await publishing;
    await until("the reader has all", () => follower.numbers().length >= 100);
    expect(follower.numbers()).toEqual(upTo(100));
    follower.stop();
  }, 30_000);

  it("is out of memory, tells whoever publishes, serves whoever reads, and recovers without a hole", async () => {
    const redis = await server("--maxmemory-policy", "noeviction");
    const [publisher, other] = [busOn(redis), busOn(redis)];
    const start = await other.head(TOPIC);
    await publish(publisher, 0, 5);
    await redis.command("CONFIG", "SET", "maxmemory", "1mb");
    const cause = expect.objectContaining({ message: expect.stringMatching(/memory/i) });
    await expect(publisher.publish(TOPIC, { n: 5 }, "id-5")).rejects.toMatchObject({
      code: "STORAGE_UNAVAILABLE",
      cause,
    });
    expect((await other.read(TOPIC, start, 100)).items).toHaveLength(5);
    await redis.command("CONFIG", "SET", "maxmemory", "0");
    await publish(publisher, 5, 5);
    const { gap, items } = await other.read(TOPIC, start, 100);
    expect(gap).toBeNull();
    expect(items.map(({ event }) => (event as Item).n)).toEqual(upTo(10));
    const numbers = items.map(({ cursor }) => Number(cursor.split("-")[1]));
    expect(numbers).toEqual(upTo(10).map((n) => (numbers[0] ?? 0) + n));
  }, 30_000);
});
