import { Redis } from "ioredis";
import { z } from "zod";
import type { Logger } from "../log.ts";
import { type BusPage, type Cursor, type EventBus, formatCursor, parseCursor, type Retention, resume } from "./event-bus.ts";

const PREFIX = "aiops:bus:";

/** A log that is new (or whose counter was lost) begins an epoch, and with it empty. ARGV[1] is the time now. */
const BEGIN = `
if redis.call('HSETNX', KEYS[2], 'epoch', ARGV[1]) == 1 then redis.call('DEL', KEYS[1]) end
`;

/**
 * Append under the next sequence number of the log's epoch, drop what is over the count or too old, and ring. One script, so
 * that numbers have no holes and no reader sees a half-done append. Removing up to 8 old items per append always catches up.
 * KEYS: stream, counter. ARGV: now, event, max count, oldest time to keep, doorbell channel.
 */
const APPEND = `${BEGIN}
local id = redis.call('HGET', KEYS[2], 'epoch') .. '-' .. redis.call('HINCRBY', KEYS[2], 'seq', 1)
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[3], id, 'event', ARGV[2], 'at', ARGV[1])
for _, item in ipairs(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 8)) do
  if item[1] ~= id and tonumber(item[2][4]) <= tonumber(ARGV[4]) then redis.call('XDEL', KEYS[1], item[1]) else break end
end
redis.call('PUBLISH', ARGV[5], id)
return id
`;

/**
 * Up to a number of items from an id on, with the log's bounds, all at one instant. It gives a new log its epoch, so that a
 * cursor taken before the first append stays good. KEYS: stream, counter. ARGV: now, first id, limit (1 at least).
 */
const READ = `${BEGIN}
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
return { redis.call('HGET', KEYS[2], 'epoch'), redis.call('HGET', KEYS[2], 'seq') or '0',
  oldest[1] and oldest[1][1] or '', redis.call('XRANGE', KEYS[1], ARGV[2], '+', 'COUNT', ARGV[3]) }
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
    const args = [String(now), JSON.stringify(event), String(count), String(now - ageMs), key(topic)];
    return z.string().parse(await this.#commands.eval(APPEND, keys.length, ...keys, ...args));
  }

  async read(topic: string, after: Cursor | null, limit: number): Promise<BusPage<unknown>> {
    const log = await this.#log(topic, after === null ? "-" : `(${formatCursor(parseCursor(after))}`, limit);
    const { from, gap } = resume(after, log);
    if (!gap) return { gap, items: log.items };
    const kept = await this.#log(topic, formatCursor({ epoch: log.epoch, seq: from }), limit);
    return { gap, items: kept.items };
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
    const reply = await this.#commands.eval(READ, keys.length, ...keys, String(Date.now()), from, String(limit));
    const [epoch, newest, oldestId, rows] = ReadReply.parse(reply);
    const oldest = oldestId ? parseCursor(oldestId).seq : newest + 1;
    const items = rows.map(([cursor, fields]) => ({ cursor, event: JSON.parse(fields[1] ?? "null") as unknown }));
    return { epoch, newest, oldest, items };
  }
}

const key = (topic: string): string => `${PREFIX}${topic}`;
const counter = (topic: string): string => `${PREFIX}${topic}:log`;
