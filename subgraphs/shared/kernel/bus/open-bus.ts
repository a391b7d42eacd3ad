import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { Logger } from "../log.ts";
import type { EventBus } from "./event-bus.ts";
import { MemoryBus } from "./memory.ts";

/** The bus that the configuration asks for: Redis for several processes, memory for one. */
export async function openBus(
  config: Pick<Config, "REDIS_URL" | "AIOPS_REDIS_PREFIX" | "AIOPS_EVENT_RETENTION_COUNT" | "AIOPS_EVENT_RETENTION_MS">,
  log: Logger,
  clock: Clock,
): Promise<EventBus> {
  const retention = { count: config.AIOPS_EVENT_RETENTION_COUNT, ageMs: config.AIOPS_EVENT_RETENTION_MS };
  if (!config.REDIS_URL) return new MemoryBus({ retention, clock });
  // Loaded where it is used: a newcomer's process has no Redis.
  const { RedisBus } = await import("./redis.ts");
  return new RedisBus({ url: config.REDIS_URL, prefix: config.AIOPS_REDIS_PREFIX, retention, log });
}
