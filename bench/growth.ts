import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent } from "undici";
import { type Client, closedLoop, type Operation, post } from "./closed-loop.ts";
import { registerBare } from "./contenders.ts";
import { listOf } from "./gateway-queries.ts";
import type { Benchmark } from "./main.ts";
import { ServerProcess } from "./server-process.ts";
import { quantile, round } from "./statistics.ts";

const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 3);
const CONCURRENCY = 4;
const WARM_UP_SECONDS = 3;
const CLUSTERS = [10, 100, 1000];
const ENTITIES = [1, 50, 500, 5000];
const MOST_CLUSTERS = Math.max(...CLUSTERS);
/** Of pages of 100 at all of 50 root fields: with these it has all of the 500 fields that an operation may have. */
const HEAVIEST = { of: MOST_CLUSTERS, fields: "name displayName region platform" };
const DOCUMENTS = [10, 1000, 10_000];
const HEAVIEST_TIMES = 10;

type Row = Record<string, unknown>;

/** All in one process on an embedded database: what a request costs and a process holds, as what it serves grows. */
export const growth: Benchmark = {
  async run() {
    const dataDir = await mkdtemp(join(tmpdir(), "aiops-bench-"));
    try {
      const env = {
        DATA_DIR: dataDir,
        AIOPS_DEMO: "off",
        AIOPS_HEALTH_SWEEP_MS: "3600000",
        AIOPS_ALERT_POLL_MS: "3600000",
      };
      await using server = await ServerProcess.start(env);
      await server.until("{ __typename }", () => true);
      const client: Client = { url: `${server.url}/graphql`, headers: async () => ({}) };
      return [
        ...(await byClusters(server, client)),
        ...(await byEntities(server, client)),
        ...(await byDocuments(server, client)),
      ];
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  },
};

async function byClusters(server: ServerProcess, client: Client): Promise<Row[]> {
  const rows: Row[] = [];
  let registered = 0;
  for (const clusters of CLUSTERS) {
    await registerBare((query) => server.query(query), registered, clusters);
    registered = clusters;
    const page = listOf(10).operation;
    rows.push(await measure(server, client, `a page of 10, of ${clusters} clusters`, page));
  }
  return rows;
}

async function byEntities(server: ServerProcess, client: Client): Promise<Row[]> {
  const rows: Row[] = [];
  for (const entities of ENTITIES) {
    const { operation } = listOf(entities, { of: Math.min(entities, MOST_CLUSTERS) });
    rows.push(
      await measure(server, client, `a list of ${entities} clusters with counts of alerts`, operation, entities),
    );
  }
  const { operation, clusters } = listOf(5000, HEAVIEST);
  rows.push(await measure(server, client, "as many fields as are allowed, of 5,000 clusters", operation, clusters));
  return rows;
}

/** Each a text of its own that is sent once with its hash, and then asked by its hash alone. */
async function byDocuments(server: ServerProcess, client: Client): Promise<Row[]> {
  const rows: Row[] = [];
  const agent = new Agent({ connections: CONCURRENCY });
  let sent = 0;
  for (const documents of DOCUMENTS) {
    const before = await server.cpuMs();
    const first = sent;
    for (; sent < documents; sent += 1) await post(agent, client, persisted(sent, true));
    const sending = ((await server.cpuMs()) - before) / (documents - first);
    const ask = (turn: number): Operation => persisted(turn % documents, false);
    rows.push({
      ...(await measure(server, client, `${documents} documents, asked by their hashes in turn`, ask)),
      "CPU ms of each when it was new": round(sending, 2),
    });
  }
  await agent.close();
  return rows;
}

function persisted(index: number, whole: boolean): Operation {
  const query = `query Document${index}($name: String) { c${index}: cluster(name: $name) { id displayName alertCounts { firing } } }`;
  const sha256Hash = createHash("sha256").update(query).digest("hex");
  return {
    ...(whole ? { query } : {}),
    variables: { name: "bench-0001" },
    extensions: { persistedQuery: { version: 1, sha256Hash } },
  };
}

async function measure(
  server: ServerProcess,
  client: Client,
  name: string,
  operation: (turn: number) => Operation,
  entities?: number,
): Promise<Row> {
  let turn = 0;
  const load = (seconds: number) => closedLoop(client, () => operation(turn++), { concurrency: CONCURRENCY, seconds });
  await load(WARM_UP_SECONDS);
  const cpu = await server.cpuMs();
  const { requests, latencies } = await load(SECONDS);
  const used = ((await server.cpuMs()) - cpu) / requests;
  return {
    "": name,
    "CPU ms": round(used, 2),
    ...(entities ? { "CPU µs/entity": round((used * 1000) / entities) } : {}),
    "p50 ms": round(quantile(latencies, 0.5)),
    "event loop p99 ms, one at a time": round(await eventLoopDelay(server, client, operation)),
    "resident MiB": await server.residentMiB(),
  };
}

/** How long anything else waited for the process while it answered nothing but this, one after the other. */
async function eventLoopDelay(
  server: ServerProcess,
  client: Client,
  operation: (turn: number) => Operation,
): Promise<number> {
  const agent = new Agent();
  // Each look at it begins a new count.
  await delayOf(server);
  for (let turn = 0; turn < HEAVIEST_TIMES; turn += 1) await post(agent, client, operation(turn));
  await agent.close();
  return await delayOf(server);
}

async function delayOf(server: ServerProcess): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^nodejs_eventloop_lag_p99_seconds(?:\{[^}]*\})? ([\d.e-]+)$/m.exec(text)?.[1]) * 1000;
}
