import { dataDirectory } from "./data-directory.ts";
import type { Benchmark } from "./main.ts";
import { ServerProcess } from "./server-process.ts";
import { quantile, round } from "./statistics.ts";

const SMALL = 100;
const LARGE = 1000;
const PAGE_SIZE = 100;
const PER_MUTATION = 25;
const WARM_UP = 20;
const ROUNDS = 100;

/** A page of 100 clusters with status, capabilities and labels: of a fleet of 100 and of 1,000, the first page and the last. */
export const registry: Benchmark = {
  async run() {
    await using dataDir = await dataDirectory();
    // One health sweep at the start, and none while we measure.
    const env = { DATA_DIR: dataDir.path, AIOPS_DEMO: "off", AIOPS_HEALTH_SWEEP_MS: "3600000" };
    await using server = await ServerProcess.start(env);
    await server.until("{ __typename }", () => true);
    await register(server, 0, SMALL);
    const [small] = await interleaved(server, [1]);
    await register(server, SMALL, LARGE);
    const [first, last] = await interleaved(server, [1, LARGE / PAGE_SIZE]);
    return [
      row(`page 1 of ${SMALL} clusters`, small, first),
      row(`page 1 of ${LARGE} clusters`, first, first),
      row(`page ${LARGE / PAGE_SIZE} of ${LARGE} clusters`, last, first),
    ];
  },
};

async function register(server: ServerProcess, from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += PER_MUTATION) {
    const inputs = Array.from({ length: PER_MUTATION }, (_, index) => {
      const number = String(start + index).padStart(4, "0");
      return `c${number}: registerCluster(input: { name: "cluster-${number}", apiServerUrl: "https://127.0.0.1:6443",
        labels: { team: "team-${(start + index) % 20}", tier: "gold" }, region: "region-${(start + index) % 7}" }) { id }`;
    });
    await server.query(`mutation { ${inputs.join("\n")} }`);
  }
}

/** Milliseconds of each page's requests, taken in turn. */
async function interleaved(server: ServerProcess, pages: readonly number[]): Promise<number[][]> {
  const times: number[][] = pages.map(() => []);
  for (let turn = 0; turn < WARM_UP + ROUNDS; turn += 1) {
    for (const [index, page] of pages.entries()) {
      const began = performance.now();
      const { clusters } = await server.query<{ clusters: { items: unknown[] } }>(
        `{ clusters(page: ${page}, pageSize: ${PAGE_SIZE}) { total items {
          id name displayName labels status { state healthScore lastError } capabilities { hasGpuNodes gpuCount gpuTypes } } } }`,
      );
      if (clusters.items.length !== PAGE_SIZE) throw new Error(`Page ${page} has ${clusters.items.length} clusters.`);
      if (turn >= WARM_UP) times[index]?.push(performance.now() - began);
    }
  }
  return times;
}

function row(name: string, times: readonly number[] = [], base: readonly number[] = []) {
  return {
    "": name,
    "p50 ms": round(quantile(times, 0.5)),
    "p95 ms": round(quantile(times, 0.95)),
    [`ratio to page 1 of ${LARGE}`]: round(quantile(times, 0.5) / quantile(base, 0.5), 2),
  };
}
