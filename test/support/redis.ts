import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";

export const REDIS_URL = process.env["TEST_REDIS_URL"] ?? "redis://127.0.0.1:6379";

/** Keys of this test alone, in a Redis that others use too. */
export interface RedisSpace {
  env: { REDIS_URL: string; AIOPS_REDIS_PREFIX: string };
  /** Removes every key of the space. */
  dispose(): Promise<void>;
}

export function redisSpace(): RedisSpace {
  const prefix = `aiops-test-${randomUUID()}:`;
  return {
    env: { REDIS_URL, AIOPS_REDIS_PREFIX: prefix },
    dispose: async () => {
      const client = new Redis(REDIS_URL, { maxRetriesPerRequest: 1 });
      for await (const keys of client.scanStream({ match: `${prefix}*` }) as AsyncIterable<string[]>) {
        if (keys.length > 0) await client.del(keys);
      }
      client.disconnect();
    },
  };
}

/** Why Redis cannot be used here, or undefined. */
export async function redisProblem(): Promise<string | undefined> {
  const client = new Redis(REDIS_URL, { maxRetriesPerRequest: 0, retryStrategy: () => null, lazyConnect: true });
  client.on("error", () => {});
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return `no Redis: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    client.disconnect();
  }
}
