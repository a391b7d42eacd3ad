import { Redis } from "ioredis";

const REDIS_URL = process.env["TEST_REDIS_URL"] ?? "redis://127.0.0.1:6379";

/** An emptied Redis database of this test worker's own. */
export async function freshRedisUrl(): Promise<string> {
  const url = new URL(REDIS_URL);
  url.pathname = `/${1 + (Number(process.env["VITEST_POOL_ID"] ?? 0) % 15)}`;
  const client = new Redis(url.href, { maxRetriesPerRequest: 1 });
  await client.flushdb();
  client.disconnect();
  return url.href;
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
