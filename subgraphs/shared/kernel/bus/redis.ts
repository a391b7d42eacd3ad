import { Redis } from "ioredis";
import { z } from "zod";
import type { Logger } from "../log.ts";
import { type BusPage, type Cursor, type EventBus, formatCursor, type Position, parseCursor, type Retention, resume } from "./event-bus.ts";

const PREFIX = "aiops:bus:";

/**
 * Append under the next sequence number of the log's epoch, drop what is over the count or too old, and ring. One script, so
 * that numbers have no holes and no reader sees a half-done append. Removing up to 8 old items per append always catches up.
 * KEYS: stream, counter. ARGV: event, max count, oldest time to keep, now, doorbell channel.
 */
const APPEND = `
local epoch = redis.call('HGET', KEYS[2], 'epoch')
if not epoch then
  epoch = ARGV[4]
  redis.call('HSET', KEYS[2], 'epoch', epoch)
  redis.call('DEL', KEYS[1])
end
local seq = redis.call('HINCRBY', KEYS[2], 'seq', 1)
local id = epoch .. '-' .. seq
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[2], id, 'event', ARGV[1], 'at', ARGV[4])
for _, item in ipairs(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 8)) do
  if item[1] ~= id and tonumber(item[2][4]) <= tonumber(ARGV[3]) then redis.call('XDEL', KEYS[1], item[1]) else break end
end
redis.call('PUBLISH', ARGV[5], id)
return id
`;

/** Items from a cursor on, with the log's bounds, read at one instant. KEYS: stream, counter. ARGV: first id, limit. */
const READ = `
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
return { redis.call('HGET', KEYS[2], 'epoch') or '0', redis.call('HGET', KEYS[2], 'seq') or '0',
  oldest[1] and oldest[1][1] or '', redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2]) }
`;

const ReadReply = z.tuple([
  z.coerce.number(),
  z.coerce.number(),
  z.string(),
  z.array(z.tuple([z.string(), z.array(z.string())])),
]);

/** The bus of several processes. Pub/sub only rings: what it loses, the next read finds. */
export class RedisBus implements EventBus {
  readonly #commands: Redis;
  readonly #doorbell: Redis;
  readonly #bells = new Map<string, Set<() => void>>();
  readonly #retention: Retention;

  constructor(options: { url: string; retention: Retention; log: Logger }) {
    this.#retention = options.retention;
    this.#commands = new Redis(options.url, { maxRetriesPerRequest: 3, lazyConnect: false });
    this.#doorbell = this.#commands.duplicate();
    for (const client of [this.#commands, this.#doorbell]) {
      client.on("error", (error: Error) => options.log.warn({ err: error }, "redis"));
    }
    this.#doorbell.on("message", (channel: string) => this.#ring(channel.slice(PREFIX.length)));
    // While the connection was down nothing rang.
    this.#doorbell.on("ready", () => {
      for (const topic of this.#bells.keys()) this.#ring(topic);
    });
  }

  async publish(topic: string, event: object): Promise<Cursor> {
    const now = Date.now();
    const { count, ageMs } = this.#retention;
    const keys = [key(topic), counter(topic)];
    const args = [JSON.stringify(event), String(count), String(now - ageMs), String(now), key(topic)];
    return z.string().parse(await this.#commands.eval(APPEND, keys.length, ...keys, ...args));
  }

  async read(topic: string, after: Cursor | null, limit: number): Promise<BusPage<unknown>> {
    const log = await this.#log(topic, "-", 0);
    const { from, gap } = resume(after, log);
    if (from > log.newest) return { gap, items: [] };
    const { items } = await this.#log(topic, formatCursor({ epoch: log.epoch, seq: from }), limit);
    return { gap, items };
  }

  async head(topic: string): Promise<Cursor> {
    const { epoch, newest } = await this.#log(topic, "-", 0);
    return formatCursor({ epoch, seq: newest });
  }

  watch(topic: string, bell: () => void): () => void {
    let bells = this.#bells.get(topic);
    if (!bells) {
      bells = new Set();
      this.#bells.set(topic, bells);
      // Ring once it stands: an append between the caller's read and now rang for nobody.
      void this.#doorbell.subscribe(key(topic)).then(
        () => this.#ring(topic),
        () => {},
      );
    }
    const ring = (): void => bell();
    bells.add(ring);
    return () => bells.delete(ring);
  }

  async ping(): Promise<void> {
    await this.#commands.ping();
  }

  async close(): Promise<void> {
    this.#commands.disconnect();
    this.#doorbell.disconnect();
  }

  #ring(topic: string): void {
    for (const bell of this.#bells.get(topic) ?? []) bell();
  }

  async #log(topic: string, from: string, limit: number) {
    const keys = [key(topic), counter(topic)];
    const reply = await this.#commands.eval(READ, keys.length, ...keys, from, String(limit));
    const [epoch, newest, oldestId, rows] = ReadReply.parse(reply);
    const oldest = oldestId ? parseCursor(oldestId).seq : newest + 1;
    const items = rows.map(([cursor, fields]) => ({ cursor, event: JSON.parse(fields[1] ?? "null") as unknown }));
    return { epoch, newest, oldest, items } satisfies Omit<Position, "seq"> & Record<string, unknown>;
  }
}

const key = (topic: string): string => `${PREFIX}${topic}`;
const counter = (topic: string): string => `${PREFIX}${topic}:log`;
