import { randomBytes, randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { type BusEvent, EVENTS } from "../subgraphs/shared/kernel/bus/events.ts";
import { RedisBus } from "../subgraphs/shared/kernel/bus/redis.ts";
import { createLogger } from "../subgraphs/shared/kernel/log.ts";
import { dataDirectory } from "./data-directory.ts";
import type { Served } from "./deliveries.ts";
import { freePort } from "./free-port.ts";
import { SeparateSubgraphs } from "./separate-subgraphs.ts";
import { ServerProcess } from "./server-process.ts";

const REDIS_URL = process.env["REDIS_URL"] ?? "redis://127.0.0.1:6379";

/** Everything in one process, as `npm start` runs it. */
export async function withGraph<T>(work: (served: Served) => Promise<T>): Promise<T> {
  await using dataDir = await dataDirectory();
  return await withBus(async (env, bus) => {
    await using server = await ServerProcess.start({ ...env, DATA_DIR: dataDir.path, AIOPS_DEMO: "off" });
    return await work({ server, behind: [], publish: publisher(bus, await registerCluster(server)) });
  });
}

/** A gateway over subgraphs that run elsewhere: the project's own, or another. */
export type StartGateway = (env: Record<string, string>) => Promise<ServerProcess>;

export const startGateway: StartGateway = async (env) =>
  await ServerProcess.run("gateway/main.js", await freePort(), [], env);

/** A gateway, and each subgraph in a process of its own. */
export async function withGateway<T>(start: StartGateway, work: (served: Served) => Promise<T>): Promise<T> {
  return await withBus(async (shared, bus) => {
    await using subgraphs = await SeparateSubgraphs.start(shared);
    await using server = await start(subgraphs.env);
    return await work({
      server,
      behind: subgraphs.processes,
      publish: publisher(bus, await registerCluster(server)),
    });
  });
}

/** A graphql-ws server with nothing behind it. */
export async function withBare<T>(work: (served: Served) => Promise<T>): Promise<T> {
  const channel = `aiops-bench-${randomBytes(8).toString("hex")}`;
  const redis = new Redis(REDIS_URL);
  const port = await freePort();
  try {
    await using server = await ServerProcess.run("bench/bare-server.js", port, [String(port), REDIS_URL, channel]);
    return await work({ server, behind: [], publish: () => redis.publish(channel, JSON.stringify(bareItem())) });
  } finally {
    redis.disconnect();
  }
}

async function withBus<T>(work: (env: Record<string, string>, bus: RedisBus) => Promise<T>): Promise<T> {
  const prefix = `aiops-bench-${randomUUID()}:`;
  const retention = { count: 100_000, ageMs: 3_600_000 };
  const log = createLogger({ level: "silent", name: "bench" });
  const bus = new RedisBus({ url: REDIS_URL, prefix, retention, log });
  const env = {
    REDIS_URL,
    AIOPS_REDIS_PREFIX: prefix,
    AIOPS_HEALTH_SWEEP_MS: "3600000",
    AIOPS_TARGET_ALLOW: "127.0.0.1",
    AIOPS_SOCKETS_PER_USER: "100000",
    AIOPS_SUBSCRIPTIONS_PER_USER: "100000",
  };
  try {
    return await work(env, bus);
  } finally {
    await bus.close();
  }
}

async function registerCluster(server: ServerProcess): Promise<string> {
  await server.until("{ __typename }", () => true);
  const { registerCluster } = await server.query<{ registerCluster: { id: string } }>(
    `mutation { registerCluster(input: { name: "bench", apiServerUrl: "https://127.0.0.1:6443" }) { id } }`,
  );
  return registerCluster.id;
}

const now = (): number => performance.timeOrigin + performance.now();

const publisher =
  (bus: RedisBus, clusterId: string): Served["publish"] =>
  (more = "") => {
    const event: BusEvent = {
      event_id: randomUUID(),
      event_type: "METRIC_UPDATE",
      tenant_id: "default",
      cluster_id: clusterId,
      namespace: "bench",
      timestamp: new Date().toISOString(),
      payload: { published_at: now(), more },
    };
    return bus.publish(EVENTS, event);
  };

const bareItem = () => ({
  events: {
    cursor: "1795383605000-1",
    event: { eventType: "METRIC_UPDATE", payload: { published_at: now(), more: "" }, cluster: { name: "bench" } },
  },
});
