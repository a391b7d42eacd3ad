import { Agent, request } from "undici";
import { enrolFleet } from "../demo/enrol.ts";
import type { DemoCluster } from "../demo/fleet.ts";
import { dataDirectory } from "./data-directory.ts";
import { demoProcess } from "./demo-process.ts";
import type { Benchmark } from "./main.ts";
import { ServerProcess } from "./server-process.ts";
import { quantile, round } from "./statistics.ts";

const SIZES = [1, 10, 100, 500];
const LATENCY_MS = 20;
const WARM_UP = 10;
const ROUNDS = 40;
/** About ten series a cluster, and the hour's 61 points of each. */
const EXPRESSION = "sum by (namespace) (kube_pod_info)";
const query = (timeout: number): string =>
  `{ metrics(query: { query: "${EXPRESSION}", timeout: ${timeout} }) { clustersSucceeded results { clusterName status data { metric values } } } }`;
const HANGING = { size: 100, hanging: 5 };

/**
 * One question to N demo clusters, each 20 ms away: through the gateway, and as bare concurrent requests to the same servers,
 * in turn. The bare requests' slowest is what any fan-out must wait for. At last with clusters that hang: they time out until they
 * are left to rest.
 */
export const fanout: Benchmark = {
  async run() {
    const rows: Record<string, unknown>[] = [];
    for (const size of SIZES) rows.push(await measure(size, 0));
    rows.push(await measure(HANGING.size, HANGING.hanging));
    return rows;
  },
};

async function measure(size: number, hanging: number): Promise<Record<string, unknown>> {
  await using dataDir = await dataDirectory();
  const { clusters, process: demo, hang } = await demoProcess(size, LATENCY_MS);
  const healthy = clusters.slice(hanging);
  try {
    // One health sweep and one look at alerts and GPUs at the start, and none while we measure.
    await using server = await ServerProcess.start({
      DATA_DIR: dataDir.path,
      AIOPS_DEMO: "off",
      AIOPS_HEALTH_SWEEP_MS: "3600000",
      AIOPS_ALERT_POLL_MS: "3600000",
      AIOPS_TRACE_POLL_MS: "3600000",
      AIOPS_GPU_POLL_MS: "3600000",
    });
    await server.until("{ __typename }", () => true);
    await enrolFleet(clusters, async (query, variables) => ({ data: await server.query(query, variables) }), {
      concurrency: 8,
    });
    for (const { name } of clusters.slice(0, hanging)) await hang(name);
    const agent = new Agent({ connections: 32 });
    const ours: number[] = [];
    const slowest: number[] = [];
    let cpu = 0;
    for (let turn = 0; turn < WARM_UP + ROUNDS; turn += 1) {
      if (turn === WARM_UP) cpu = await server.cpuMs();
      const began = performance.now();
      const { metrics } = await server.query<{ metrics: { clustersSucceeded: number } }>(query(hanging > 0 ? 1 : 30));
      const took = performance.now() - began;
      if (metrics.clustersSucceeded !== healthy.length)
        throw new Error(`${metrics.clustersSucceeded} of ${size} clusters answered.`);
      const bare = await bareFanOut(agent, healthy);
      if (turn < WARM_UP) continue;
      ours.push(took);
      slowest.push(bare);
    }
    cpu = ((await server.cpuMs()) - cpu) / ROUNDS;
    await agent.close();
    const [p50, base] = [quantile(ours, 0.5), quantile(slowest, 0.5)];
    return {
      clusters: hanging > 0 ? `${size}, ${hanging} of them hanging` : size,
      "ours p50 ms": round(p50),
      "ours p95 ms": round(quantile(ours, 0.95)),
      "slowest upstream p50 ms": round(base),
      ratio: round(p50 / base, 2),
      "overhead p50 ms": round(p50 - base),
      "overhead p95 ms": round(quantile(ours, 0.95) - quantile(slowest, 0.95)),
      "CPU ms per operation": round(cpu),
      "resident MiB": await server.residentMiB(),
    };
  } finally {
    demo.kill();
  }
}

/** The slowest of N concurrent requests, in milliseconds. */
async function bareFanOut(agent: Agent, clusters: readonly DemoCluster[]): Promise<number> {
  const times = await Promise.all(
    clusters.map(async ({ prometheusUrl }) => {
      const began = performance.now();
      const body = new URLSearchParams({
        query: EXPRESSION,
        start: "1700000000",
        end: "1700003600",
        step: "60",
      }).toString();
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      const answer = await request(`${prometheusUrl}/api/v1/query_range`, {
        method: "POST",
        headers,
        body,
        dispatcher: agent,
      });
      await answer.body.json();
      return performance.now() - began;
    }),
  );
  return Math.max(...times);
}
