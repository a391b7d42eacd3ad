import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { enrolFleet } from "../demo/enrol.ts";
import { type Identity, InternalTokens } from "../subgraphs/shared/kernel/auth-context.ts";
import { hopHeaders } from "../subgraphs/shared/kernel/subgraph-request.ts";
import type { Client } from "./closed-loop.ts";
import { demoProcess } from "./demo-process.ts";
import { freePort } from "./free-port.ts";
import { HIVE, installHive, startHive } from "./hive-gateway.ts";
import { SeparateSubgraphs } from "./separate-subgraphs.ts";
import { ServerProcess } from "./server-process.ts";

const TOKEN = "token-of-the-benchmarks-user";
const USER: Identity = { user: "bench", groups: [], roles: ["admin"], tenant: "default", scope: null };
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };
/** For what every process does once when it starts. */
const SETTLE_MS = 5000;
const PER_MUTATION = 25;
const HIVE_PLANNERS = process.env["BENCH_HIVE"] === "off" ? [] : (["JavaScript", "Rust"] as const);
const DEMO_CLUSTERS = 100;

/** A server that answers the same questions as the others. */
export interface Contender {
  name: string;
  server: ServerProcess;
  /** What it asks in turn. */
  behind: readonly ServerProcess[];
  client: Client;
}

export interface Stand {
  /** Who serves the whole graph: ours apart and in one process, and the others. */
  gateways: Contender[];
  /** Who could not be started, with the reason. */
  missing: { name: string; reason: string }[];
  subgraph: (name: string) => Contender;
  /** Ids of demo clusters, by name. */
  ids: string[];
}

export const OURS = "ours, over HTTP";
export const OURS_IN_ONE = "ours, in one process";

/**
 * Demo clusters in a process of their own, `bare` registered ones that answer nobody, one PostgreSQL and one Redis, each subgraph in a
 * process of its own, and every gateway in front of them at once. The whole fleet was looked at before; nothing looks again meanwhile.
 */
export async function withStand<T>({ bare }: { bare: number }, work: (stand: Stand) => Promise<T>): Promise<T> {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "aiops-bench-"));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const { clusters, process: demo } = await demoProcess(DEMO_CLUSTERS, 0);
  // Not as the demo fleet's own: a process that has no demo of its own deletes those.
  const labelled = clusters.map((cluster) => ({ ...cluster, labels: { ...cluster.labels, demo: "bench" } }));
  stack.defer(() => void demo.kill());
  const subgraphs = stack.use(
    await SeparateSubgraphs.start({
      REDIS_URL: process.env["REDIS_URL"] ?? "redis://127.0.0.1:6379",
      AIOPS_REDIS_PREFIX: `aiops-bench-${randomUUID()}:`,
      AIOPS_TARGET_ALLOW: "127.0.0.1",
      AIOPS_API_TOKENS: JSON.stringify([{ token: TOKEN, ...USER }]),
      AIOPS_DEMO: "off",
      DATA_DIR: dataDir,
      AIOPS_HEALTH_SWEEP_MS: "3600000",
      AIOPS_ALERT_POLL_MS: "3600000",
      AIOPS_TRACE_POLL_MS: "3600000",
      AIOPS_GPU_POLL_MS: "3600000",
    }),
  );
  const { env, processes } = subgraphs;
  {
    await using seeder = await ServerProcess.start({
      ...env,
      AIOPS_HEALTH_SWEEP_MS: "500",
      AIOPS_ALERT_POLL_MS: "2000",
    });
    await seed(seeder, labelled, bare);
  }
  const gateways: Contender[] = [];
  const missing: Stand["missing"] = [];
  const enter = async (name: string, start: () => Promise<ServerProcess>, behind: readonly ServerProcess[]) => {
    try {
      const server = stack.use(await start());
      gateways.push({
        name,
        server,
        behind,
        client: { url: `${server.url}/graphql`, headers: async () => AUTHORIZED },
      });
      await server.until("{ clusters(pageSize: 1) { total } }", () => true, 60_000, AUTHORIZED);
    } catch (error) {
      missing.push({ name, reason: error instanceof Error ? error.message : String(error) });
    }
  };
  await enter(OURS, async () => ServerProcess.run("gateway/main.js", await freePort(), [], env), processes);
  await enter(OURS_IN_ONE, () => ServerProcess.start(env), []);
  for (const planner of HIVE_PLANNERS) {
    await enter(
      `${HIVE}, ${planner}`,
      async () => {
        await installHive();
        return await startHive({ ...env, HIVE_OPERATIONS: "operation" }, planner);
      },
      processes,
    );
  }
  await delay(SETTLE_MS);
  const tokens = new InternalTokens(env["AIOPS_INTERNAL_SECRET"] ?? "");
  const [first] = gateways;
  if (!first) throw new Error(missing[0]?.reason);
  return await work({
    gateways,
    missing,
    subgraph: (name) => {
      const server = subgraphs.of(name);
      const headers = async (): Promise<Record<string, string>> => {
        const id = randomUUID();
        return hopHeaders({ token: await tokens.sign(USER), operationId: id, requestId: id, startedAt: new Date() });
      };
      return { name: `one subgraph: ${name}`, server, behind: [], client: { url: `${server.url}/graphql`, headers } };
    },
    ids: await demoIds(first.server),
  });
}

async function seed(server: ServerProcess, clusters: Parameters<typeof enrolFleet>[0], bare: number): Promise<void> {
  const ask = <T>(query: string, variables: Record<string, unknown> = {}) =>
    server.query<T>(query, variables, AUTHORIZED);
  await server.until("{ __typename }", () => true, 60_000, AUTHORIZED);
  await enrolFleet(clusters, async (query, variables) => ({ data: await ask(query, variables) }), { concurrency: 8 });
  await registerBare(ask, 0, bare);
  await server.until<{ clusters: { items: DemoCluster[] } }>(
    `{ clusters(filter: { labelSelector: "demo" }, pageSize: 100) { items { status { checkedAt } alertSource { polledAt } } } }`,
    ({ clusters: { items } }) =>
      items.length === DEMO_CLUSTERS &&
      items.every(({ status, alertSource }) => status.checkedAt && alertSource?.polledAt),
    120_000,
    AUTHORIZED,
  );
}

/** Clusters named bench-0000 and so on, about which nobody can be asked. */
export async function registerBare(ask: (query: string) => Promise<unknown>, from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += PER_MUTATION) {
    const inputs = Array.from({ length: Math.min(PER_MUTATION, to - start) }, (_, index) => {
      const number = String(start + index).padStart(4, "0");
      return `c${number}: registerCluster(input: { name: "bench-${number}", displayName: "Bench ${number}",
        apiServerUrl: "https://127.0.0.1:1", labels: { team: "team-${(start + index) % 20}" } }) { id }`;
    });
    await ask(`mutation { ${inputs.join("\n")} }`);
  }
}

interface DemoCluster {
  status: { checkedAt: string | null };
  alertSource: { polledAt: string | null } | null;
}

async function demoIds(server: ServerProcess): Promise<string[]> {
  const { clusters } = await server.query<{ clusters: { items: { id: string }[] } }>(
    `{ clusters(filter: { labelSelector: "demo" }, pageSize: 100) { items { id } } }`,
    {},
    AUTHORIZED,
  );
  return clusters.items.map(({ id }) => id);
}
