import type { Registry } from "prom-client";
import { counter, gauge } from "./instruments.ts";

/** How a cache is used: what it had, what was under way for another already, and what had to be asked for. */
export interface CacheMeter {
  asked(outcome: "hit" | "shared" | "miss"): void;
  /** What it holds, in its own weighing. */
  holds(bytes: () => number): void;
}

const caches = new WeakMap<Registry, Map<string, () => number>>();

/** The meter of one cache, by a name of ours. */
export function cacheMeter(registry: Registry, cache: string): CacheMeter {
  const asked = counter(
    registry,
    "aiops_cache_requests_total",
    "Questions to a cache: hit (kept), shared (under way for another), miss (asked for). Few hits where dashboards repeat tell of a cache that is too small.",
    ["cache", "outcome"],
  );
  const sizes = caches.get(registry) ?? new Map<string, () => number>();
  caches.set(registry, sizes);
  gauge(
    registry,
    "aiops_cache_bytes",
    "What a cache holds, estimated. At its bound (AIOPS_METRICS_CACHE_BYTES, AIOPS_LOGS_CACHE_BYTES) it forgets the oldest.",
    ["cache"],
    () => Array.from(sizes, ([name, bytes]) => [{ cache: name }, bytes()] as const),
  );
  return {
    asked: (outcome) => asked.inc({ cache, outcome }),
    holds: (bytes) => void sizes.set(cache, bytes),
  };
}
