import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { type BusEvent, EVENTS } from "../subgraphs/shared/kernel/bus/events.ts";
import { RedisBus } from "../subgraphs/shared/kernel/bus/redis.ts";
import { createLogger } from "../subgraphs/shared/kernel/log.ts";
import type { Benchmark } from "./main.ts";
import { freePort, ServerProcess } from "./server-process.ts";
import { SocketCrowd } from "./socket-crowd.ts";
import { quantile, round } from "./statistics.ts";

const REDIS_URL = process.env["REDIS_URL"] ?? "redis://127.0.0.1:6379";
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 10);
const SIZES = (process.env["BENCH_SOCKETS"] ?? "1000,5000").split(",").map(Number);
/** A distinct operation costs an execution for each event and client: fewer of both. */
const DISTINCT = 200;

interface Kind {
  name: string;
  eventsPerSecond: number;
  sockets: (size: number) => number;
  subscription: (index: number, clusterId: string) => { query: string; variables?: Record<string, unknown> };
}

const events = (fields: string, filter = "eventTypes: [METRIC_UPDATE]"): string =>
  `subscription Events($namespaces: [String!]) { events(filter: { ${filter}, namespaces: $namespaces }) { cursor event { eventType payload ${fields} } } }`;

const KINDS: Kind[] = [
  { name: "filter only", eventsPerSecond: 10, sockets: (size) => size, subscription: () => ({ query: events("") }) },
  {
    name: "one join",
    eventsPerSecond: 10,
    sockets: (size) => size,
    subscription: () => ({ query: events("cluster { name }") }),
  },
  {
    name: "distinct, one join",
    eventsPerSecond: 2,
    sockets: () => DISTINCT,
    // No two alike, and all of them asking for the same.
    subscription: (index) => ({
      query: events("cluster { name }"),
      variables: { namespaces: ["bench", `other-${index}`] },
    }),
  },
];

/** Events from Redis to sockets of this process: through the graph, and by a bare graphql-ws server that sends the same. */
export const subscriptions: Benchmark = {
  async run() {
    const rows: Record<string, unknown>[] = [];
    for (const size of SIZES) {
      const bare = await measureBare(size);
      rows.push(bare.row);
      for (const kind of KINDS) rows.push(await measureGraph(kind, size, bare.cpuPerDelivery));
    }
    rows.push(await measureStalled());
    return rows;
  },
};

interface Running {
  server: ServerProcess;
  publish: (event: BusEvent) => Promise<unknown>;
  clusterId: string;
}

async function withGraph<T>(work: (running: Running) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), "aiops-bench-"));
  const prefix = `aiops-bench-${randomUUID()}:`;
  const retention = { count: 100_000, ageMs: 3_600_000 };
  const bus = new RedisBus({
    url: REDIS_URL,
    prefix,
    retention,
    log: createLogger({ level: "silent", name: "bench" }),
  });
  try {
    await using server = await ServerProcess.start({
      DATA_DIR: dataDir,
      REDIS_URL,
      AIOPS_REDIS_PREFIX: prefix,
      AIOPS_DEMO: "off",
      AIOPS_HEALTH_SWEEP_MS: "3600000",
      AIOPS_SOCKETS_PER_USER: "100000",
      AIOPS_SUBSCRIPTIONS_PER_USER: "100000",
    });
    await server.until("{ __typename }", () => true);
    const { registerCluster } = await server.query<{ registerCluster: { id: string } }>(
      `mutation { registerCluster(input: { name: "bench", apiServerUrl: "https://127.0.0.1:6443" }) { id } }`,
    );
    return await work({ server, publish: (event) => bus.publish(EVENTS, event), clusterId: registerCluster.id });
  } finally {
    await bus.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

const socketUrl = (url: string): string => `${url.replace("http", "ws")}/graphql`;

async function measureGraph(kind: Kind, size: number, bareCpu: number): Promise<Record<string, unknown>> {
  return await withGraph(async ({ server, publish, clusterId }) => {
    const sockets = kind.sockets(size);
    const idle = await server.residentMiB();
    const subscription = (index: number) => kind.subscription(index, clusterId);
    await using crowd = await SocketCrowd.open({ url: socketUrl(server.url), sockets, subscription });
    await server.until<{ streamingStatus: { gateways: { clients: number }[] } }>(
      "{ streamingStatus { gateways { clients } } }",
      ({ streamingStatus }) => streamingStatus.gateways[0]?.clients === sockets,
    );
    const held = (await server.residentMiB()) - idle;
    const figures = await deliver(crowd, server, kind.eventsPerSecond, () => publish(toEvent(clusterId)));
    return row(`graph, ${kind.name}`, sockets, held, figures, bareCpu);
  });
}

async function measureBare(size: number): Promise<{ row: Record<string, unknown>; cpuPerDelivery: number }> {
  const channel = `aiops-bench-${randomBytes(8).toString("hex")}`;
  const redis = new Redis(REDIS_URL);
  const port = await freePort();
  try {
    await using server = await ServerProcess.run("bench/bare-server.js", port, [String(port), REDIS_URL, channel]);
    const idle = await server.residentMiB();
    const query = "subscription { events { cursor event { eventType payload cluster { name } } } }";
    const subscription = () => ({ query });
    await using crowd = await SocketCrowd.open({ url: socketUrl(server.url), sockets: size, subscription });
    // It has no way to say that it is ready: the first event that everybody gets does.
    const publish = () => redis.publish(channel, JSON.stringify({ events: bareItem() }));
    while (crowd.received < size) {
      crowd.reset();
      await publish();
      await delay(500);
    }
    const held = (await server.residentMiB()) - idle;
    const [{ eventsPerSecond } = { eventsPerSecond: 10 }] = KINDS;
    const figures = await deliver(crowd, server, eventsPerSecond, publish);
    return { row: row("bare graphql-ws", size, held, figures, figures.cpuPerDelivery), ...figures };
  } finally {
    redis.disconnect();
  }
}

/** Fifty sockets that stop reading among a hundred that do not, under large events: what the server holds for them. */
async function measureStalled(): Promise<Record<string, unknown>> {
  return await withGraph(async ({ server, publish, clusterId }) => {
    const subscription = () => ({ query: events("") });
    await using crowd = await SocketCrowd.open({ url: socketUrl(server.url), sockets: 150, subscription });
    await delay(1000);
    crowd.stall(50);
    const before = await server.residentMiB();
    let peak = before;
    const minutes = Number(process.env["BENCH_STALLED_MINUTES"] ?? 10);
    const end = performance.now() + minutes * 60_000;
    while (performance.now() < end) {
      for (let event = 0; event < 10; event += 1) await publish(toEvent(clusterId, "x".repeat(2000)));
      peak = Math.max(peak, await server.residentMiB());
      await delay(100);
    }
    const after = await server.residentMiB();
    return { "": `50 of 150 stalled for ${minutes} min`, "MiB before": before, "MiB peak": peak, "MiB after": after };
  });
}

interface Figures {
  perSecond: number;
  p50: number;
  p99: number;
  cpuPerDelivery: number;
}

async function deliver(
  crowd: SocketCrowd,
  server: ServerProcess,
  eventsPerSecond: number,
  publish: () => Promise<unknown>,
): Promise<Figures> {
  for (let event = 0; event < eventsPerSecond; event += 1) await publish();
  await delay(2000);
  crowd.reset();
  const cpu = await server.cpuMs();
  const began = performance.now();
  for (let event = 0; event < eventsPerSecond * SECONDS; event += 1) {
    const due = began + (event * 1000) / eventsPerSecond;
    await delay(Math.max(0, due - performance.now()));
    await publish();
  }
  let last = -1;
  while (crowd.received !== last) {
    last = crowd.received;
    await delay(1000);
  }
  const seconds = (performance.now() - began - 1000) / 1000;
  return {
    perSecond: crowd.received / seconds,
    p50: quantile(crowd.latencies, 0.5),
    p99: quantile(crowd.latencies, 0.99),
    cpuPerDelivery: ((await server.cpuMs()) - cpu) / crowd.received,
  };
}

const now = (): number => performance.timeOrigin + performance.now();

const toEvent = (clusterId: string, more = ""): BusEvent => ({
  event_id: randomUUID(),
  event_type: "METRIC_UPDATE",
  tenant_id: "default",
  cluster_id: clusterId,
  namespace: "bench",
  timestamp: new Date().toISOString(),
  payload: { published_at: now(), more },
});

const bareItem = () => ({
  cursor: "1795383605000-1",
  event: { eventType: "METRIC_UPDATE", payload: { published_at: now(), more: "" }, cluster: { name: "bench" } },
});

function row(name: string, sockets: number, held: number, figures: Figures, bareCpu: number) {
  return {
    "": name,
    sockets,
    "deliveries/s": Math.round(figures.perSecond),
    "p50 ms": round(figures.p50),
    "p99 ms": round(figures.p99),
    "CPU ms/delivery": round(figures.cpuPerDelivery, 4),
    "ratio to bare": round(figures.cpuPerDelivery / bareCpu, 2),
    "KiB/idle": round((held * 1024) / sockets),
  };
}
