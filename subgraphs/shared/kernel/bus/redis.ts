import { setImmediate } from "node:timers/promises";
import { Redis } from "ioredis";
import { z } from "zod";
import type { Logger } from "../log.ts";
import { storageUnavailable } from "../storage-failures.ts";
import {
  type BusPage,
  type Cursor,
  type EventBus,
  formatCursor,
  parseCursor,
  type Retention,
  resume,
} from "./event-bus.ts";

/**
 * A log that is new (or whose counter was lost) begins an epoch, and with it empty; of any other, what is too old is dropped: at
 * most so much at a time that no other client of this Redis would notice. A log that is there is read without a write that a full
 * memory would refuse. ARGV[1] is the time now, ARGV[2] the oldest to keep.
 */
const BEGIN = `
if redis.call('HEXISTS', KEYS[2], 'epoch') == 0 then
  redis.call('HSET', KEYS[2], 'epoch', ARGV[1])
  redis.call('DEL', KEYS[1])
end
for _ = 1, 100 do
  local old = {}
  local batch = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 10)
  for _, item in ipairs(batch) do
    if tonumber(item[2][4]) > tonumber(ARGV[2]) then break end
    old[#old + 1] = item[1]
  end
  if #old > 0 then redis.call('XDEL', KEYS[1], unpack(old)) end
  if #old < 10 then break end
end
`;

/**
 * Append under the next sequence number of the log's epoch, drop what is over the count, and ring. One script, so that numbers
 * have no holes and no reader sees a half-done append.
 * KEYS: stream, counter. ARGV: now, oldest time to keep, event, max count, doorbell channel, milliseconds to keep, id or ''.
 */
const APPEND = `${BEGIN}
local known = KEYS[1] .. ':id:' .. ARGV[7]
if ARGV[7] ~= '' then
  local cursor = redis.call('GET', known)
  if cursor then return cursor end
end
local id = redis.call('HGET', KEYS[2], 'epoch') .. '-' .. redis.call('HINCRBY', KEYS[2], 'seq', 1)
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[4], id, 'event', ARGV[3], 'at', ARGV[1])
if ARGV[7] ~= '' then redis.call('SET', known, id, 'PX', ARGV[6]) end
redis.call('PUBLISH', ARGV[5], id)
return id
`;

/**
 * Up to a number of items from an id on, with the log's bounds, all at one instant. It gives a new log its epoch, so that a
 * cursor taken before the first append stays good.
 * KEYS: stream, counter. ARGV: now, oldest time to keep, first id, limit (1 at least).
 */
const READ = `${BEGIN}
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
return { redis.call('HGET', KEYS[2], 'epoch'), redis.call('HGET', KEYS[2], 'seq') or '0',
  oldest[1] and oldest[1][1] or '', redis.call('XRANGE', KEYS[1], ARGV[3], '+', 'COUNT', ARGV[4]) }
`;

const ReadReply = z.tuple([
  z.coerce.number(),
  z.coerce.number(),
  z.string(),
  z.array(z.tuple([z.string(), z.array(z.string())])),
]);

/** How long one waits for a Redis that is away or hangs. One that has been away for as long is not waited for any more. */
const PATIENCE_MS = 3000;
/** Between two attempts to connect, at most. */
const RECONNECT_MS = 1000;

/** The bus of several processes. Pub/sub only rings: what it loses, the next read finds. */
export class RedisBus implements EventBus {
  readonly #commands: Redis;
  readonly #doorbell: Redis;
  readonly #bells = new Map<string, Set<() => void>>();
  /** Reads that are about to be sent. */
  readonly #reads = new Map<string, Promise<BusPage<unknown>>>();
  readonly #retention: Retention;
  readonly #prefix: string;
  /** Since when the connection is lost, if it is. */
  #awaySince: number | undefined;

  /** @param options.prefix begins every key and channel, so that several deployments can share a Redis. */
  constructor(options: { url: string; prefix: string; retention: Retention; log: Logger }) {
    this.#retention = options.retention;
    this.#prefix = `${options.prefix}bus:`;
    this.#commands = new Redis(options.url, {
      commandTimeout: PATIENCE_MS,
      retryStrategy: (times) => Math.min(times * 50, RECONNECT_MS),
    });
    // A subscription waits for the connection, however long it takes: nobody would repeat it.
    this.#doorbell = this.#commands.duplicate({
      maxRetriesPerRequest: null,
      autoResubscribe: false,
      commandTimeout: undefined,
    });
    for (const client of [this.#commands, this.#doorbell]) {
      client.on("error", (error: Error) => options.log.warn({ err: error }, "redis"));
    }
    this.#commands.on("ready", () => {
      this.#awaySince = undefined;
    });
    this.#commands.on("close", () => {
      this.#awaySince ??= performance.now();
    });
    this.#doorbell.on("message", (channel: string) => this.#ring(channel.slice(this.#prefix.length)));
    this.#doorbell.on("ready", () => {
      for (const topic of this.#bells.keys()) this.#listen(topic);
    });
  }

  async publish(topic: string, event: object, id = ""): Promise<Cursor> {
    return z
      .string()
      .parse(
        await this.#run(
          APPEND,
          topic,
          JSON.stringify(event),
          this.#retention.count,
          this.#key(topic),
          this.#retention.ageMs,
          id,
        ),
      );
  }

  /**
   * Readers at the same place are rung at the same time, and share one request. Only until it is sent: one that joined later
   * might have been rung for what the request is too early to find.
   */
  read(topic: string, after: Cursor | null, limit: number): Promise<BusPage<unknown>> {
    const key = `${limit} ${after} ${topic}`;
    let read = this.#reads.get(key);
    if (!read) {
      read = setImmediate().then(() => {
        this.#reads.delete(key);
        return this.#read(topic, after, limit);
      });
      this.#reads.set(key, read);
    }
    return read;
  }

  async #read(topic: string, after: Cursor | null, limit: number): Promise<BusPage<unknown>> {
    const log = await this.#log(topic, after === null ? "-" : `(${formatCursor(parseCursor(after))}`, limit);
    if (!resume(after, log).gap) return { gap: null, items: log.items };
    // Its bounds anew: retention may have moved them since.
    const kept = await this.#log(topic, "-", limit);
    return { gap: resume(after, kept).gap, items: kept.items };
  }

  async head(topic: string): Promise<Cursor> {
    const { epoch, newest } = await this.#log(topic, "-", 1);
    return formatCursor({ epoch, seq: newest });
  }

  watch(topic: string, bell: () => void): () => void {
    let bells = this.#bells.get(topic);
    if (!bells) {
      bells = new Set();
      this.#bells.set(topic, bells);
      this.#listen(topic);
    }
    const ring = (): void => bell();
    bells.add(ring);
    return () => bells.delete(ring);
  }

  async ping(): Promise<void> {
    if (this.#awaySince !== undefined) throw storageUnavailable("The connection is lost.");
    await this.#commands.ping();
  }

  async close(): Promise<void> {
    this.#commands.disconnect();
    this.#doorbell.disconnect();
  }

  /** Rings once the subscription stands: what was appended before that rang for nobody. */
  #listen(topic: string): void {
    this.#doorbell.subscribe(this.#key(topic)).then(
      () => this.#ring(topic),
      // The connection is gone; once it is back this is done again.
      () => {},
    );
  }

  #ring(topic: string): void {
    for (const bell of this.#bells.get(topic) ?? []) bell();
  }

  async #log(topic: string, from: string, limit: number) {
    const [epoch, newest, oldestId, rows] = ReadReply.parse(await this.#run(READ, topic, from, limit));
    const oldest = oldestId ? parseCursor(oldestId).seq : newest + 1;
    const items = rows.map(([cursor, fields]) => ({ cursor, event: JSON.parse(fields[1] ?? "null") as unknown }));
    return { epoch, newest, oldest, items };
  }

  /** @throws STORAGE_UNAVAILABLE, whatever it is that Redis fails with */
  async #run(script: string, topic: string, ...args: (string | number)[]): Promise<unknown> {
    if (this.#awaySince !== undefined && performance.now() - this.#awaySince > PATIENCE_MS)
      throw storageUnavailable("The connection is lost.");
    const now = Date.now();
    const key = this.#key(topic);
    try {
      return await this.#commands.eval(script, 2, key, `${key}:log`, now, now - this.#retention.ageMs, ...args);
    } catch (cause) {
      throw storageUnavailable(cause);
    }
  }

  #key(topic: string): string {
    return `${this.#prefix}${topic}`;
  }
}
