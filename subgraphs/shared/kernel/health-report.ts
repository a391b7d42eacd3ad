import { getHeapStatistics } from "node:v8";
import type { Registry } from "prom-client";
import { eventLoopP99Ms } from "./event-loop.ts";
import { gaugeValue } from "./instruments.ts";
import { productVersion } from "./package-root.ts";

/** Asks one component how it is: "ok", or what is wrong. */
export type Probe = () => Promise<string>;
export type Probes = Readonly<Record<string, Probe>>;

export interface HealthReport {
  status: "ok" | "unavailable" | "draining";
  version: string;
  uptimeSeconds: number;
  components: Record<string, { state: string; latencyMs: number }>;
  eventLoopP99Ms: number;
  memory: { rssBytes: number; heapUsedBytes: number; heapLimitBytes: number };
  /** What is under way and what waits; null where this process has no part in it. */
  load: Record<string, number | null>;
}

const PATIENCE_MS = 3000;

/** Of the metrics, what an operator looks at first. */
const LOAD: Readonly<Record<string, readonly [metric: string, matching?: Record<string, string>]>> = {
  sockets: ["aiops_gateway_sockets"],
  subscriptionClients: ["aiops_gateway_subscription_clients"],
  upstreamCallsRunning: ["aiops_upstream_calls", { state: "running" }],
  upstreamCallsWaiting: ["aiops_upstream_calls", { state: "waiting" }],
  openBreakers: ["aiops_upstream_breakers", { state: "open" }],
  outboxEvents: ["aiops_outbox_events"],
  reportsQueued: ["aiops_reports", { status: "QUEUED" }],
  answersUnderWay: ["aiops_chat_answers_under_way"],
};

/** How this process is, in full. Each component is asked once, at the same time as the others, and for at most 3 s. */
export async function healthReport(options: {
  probes: Probes;
  registry: Registry;
  draining: boolean;
}): Promise<HealthReport> {
  const { probes, registry, draining } = options;
  const [components, load] = await Promise.all([
    entries(probes, asked),
    entries(LOAD, ([metric, matching]) => gaugeValue(registry, metric, matching)),
  ]);
  const ok = Object.values(components).every(({ state }) => state === "ok");
  const { rss, heapUsed } = process.memoryUsage();
  return {
    status: draining ? "draining" : ok ? "ok" : "unavailable",
    version: productVersion(),
    uptimeSeconds: Math.round(process.uptime()),
    components,
    eventLoopP99Ms: eventLoopP99Ms(),
    memory: { rssBytes: rss, heapUsedBytes: heapUsed, heapLimitBytes: getHeapStatistics().heap_size_limit },
    load,
  };
}

/** Every component's state alone, for those who may know no more. */
export async function statesOf(probes: Probes): Promise<Record<string, string>> {
  return await entries(probes, async (probe) => (await asked(probe)).state);
}

async function asked(probe: Probe): Promise<{ state: string; latencyMs: number }> {
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("no answer in time"), PATIENCE_MS);
  });
  const state = await Promise.race([probe().catch(() => "failed"), late]);
  clearTimeout(timer);
  return { state, latencyMs: Math.round((performance.now() - began) * 10) / 10 };
}

async function entries<V, T>(
  of: Readonly<Record<string, V>>,
  read: (value: V) => Promise<T>,
): Promise<Record<string, T>> {
  return Object.fromEntries(
    await Promise.all(Object.entries(of).map(async ([name, value]) => [name, await read(value)] as const)),
  );
}
