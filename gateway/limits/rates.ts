import { RateLimiterMemory, RateLimiterRedis } from "rate-limiter-flexible";
import type { Logger } from "../../subgraphs/shared/kernel/log.ts";

const SECONDS = 60;
/** A user's request does not wait for a Redis that hangs. */
const COMMAND_MS = 250;

/** What is left of a user's minute. */
export interface Charged {
  spent: number;
  /** Until the minute is over. */
  seconds: number;
}

export interface Rates {
  /** Counts what somebody's operation costs to their minute. */
  charge(who: string, cost: number): Promise<Charged>;
  /** Whether all gateways count together: null where there is nothing to count with. */
  readonly shared: boolean | null;
  close(): void;
}

// The limit differs by role, and so is the caller's to compare with.
const COUNTING = { points: Number.MAX_SAFE_INTEGER, duration: SECONDS };

/** Counted in Redis where there is one, by all gateways together; here alone where there is none, and while it does not answer. */
export async function openRates(options: { url: string | undefined; prefix: string; log: Logger }): Promise<Rates> {
  const { url, prefix, log } = options;
  const alone = new RateLimiterMemory(COUNTING);
  if (url === undefined) return { charge: chargedBy(alone), shared: null, close: () => {} };
  // Loaded where it is used: a newcomer's process has no Redis.
  const { Redis } = await import("ioredis");
  const redis = new Redis(url, { maxRetriesPerRequest: 0, enableOfflineQueue: false, commandTimeout: COMMAND_MS });
  const together = new RateLimiterRedis({
    ...COUNTING,
    storeClient: redis,
    keyPrefix: `${prefix}rates`,
    rejectIfRedisNotReady: true,
  });
  let failed = false;
  const fail = (error: unknown): void => {
    if (!failed) log.warn({ err: error }, "redis does not answer: each gateway counts the rates of users for itself");
    failed = true;
  };
  const recover = (): void => {
    if (failed) log.info("redis answers again: gateways count the rates of users together");
    failed = false;
  };
  redis.on("error", fail);
  redis.on("close", () => fail(new Error("The connection was closed.")));
  redis.on("ready", recover);
  return {
    async charge(who, cost) {
      try {
        const charged = await chargedBy(together)(who, cost);
        recover();
        return charged;
      } catch (error) {
        fail(error);
        return await chargedBy(alone)(who, cost);
      }
    },
    get shared() {
      return redis.status === "ready" && !failed;
    },
    close() {
      redis.removeAllListeners("close");
      redis.disconnect();
    },
  };
}

const chargedBy =
  (limiter: RateLimiterMemory | RateLimiterRedis): Rates["charge"] =>
  async (who, cost) => {
    const { consumedPoints, msBeforeNext } = await limiter.consume(who, cost);
    return { spent: consumedPoints, seconds: Math.max(1, Math.ceil(msBeforeNext / 1000)) };
  };
