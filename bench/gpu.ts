import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { readExporters } from "../subgraphs/gpu/readings/exporters.mapper.ts";
import { QueryAnswer } from "../subgraphs/shared/upstreams/prometheus/schema.ts";
import { dataDirectory } from "./data-directory.ts";
import { exporterAnswer, GPUS_PER_CLUSTER } from "./exporter-answers.ts";
import { freePort } from "./free-port.ts";
import type { Benchmark } from "./main.ts";
import { ServerProcess } from "./server-process.ts";
import { quantile, round } from "./statistics.ts";

const CLUSTERS = 100;
const DELAY_MS = 20;
const WARM_UP = 2;
const ROUNDS = 6;
/** Longer than a reading is good for. */
const PAUSE_MS = 5200;
const TOTAL = CLUSTERS * GPUS_PER_CLUSTER;

const SUMMARY = "{ gpuSummary { total { devices allocated active idle memoryTotalMb memoryUsedMb powerDrawWatts } } }";
const GPU =
  "uuid index name utilizationGpuPercent memoryUsedMb memoryTotalMb temperatureCelsius powerDrawWatts pods { namespace name }";
const PAGES = Array.from(
  { length: (CLUSTERS * 8) / 100 },
  (_, page) =>
    `p${page}: gpuNodes(pageSize: 100, page: ${page + 1}) { items { clusterName nodeName gpus { ${GPU} } } }`,
);
const ALL = `{ ${PAGES.join("\n")} }`;

type Page = { items: { gpus: unknown[] }[] };

/** 100 clusters of 64 GPUs, whose Prometheus are 20 ms away: the fleet added up, and each GPU by itself; asked anew, and right after. */
export const gpu: Benchmark = {
  async run() {
    const held = bytesHeld();
    await using dataDir = await dataDirectory();
    const port = await freePort();
    await using exporters = await ServerProcess.run("bench/exporter-server.js", port, [
      String(CLUSTERS),
      String(DELAY_MS),
    ]);
    await using server = await ServerProcess.start({
      DATA_DIR: dataDir.path,
      AIOPS_DEMO: "off",
      AIOPS_HEALTH_SWEEP_MS: "3600000",
      AIOPS_GPU_POLL_MS: "3600000",
    });
    await server.until("{ __typename }", () => true);
    await register(server, exporters.url);
    const times = { summary: [] as number[], all: [] as number[], again: [] as number[] };
    for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
      await delay(PAUSE_MS);
      const summary = await timed(() => summed(server));
      await delay(PAUSE_MS);
      const all = await timed(() => listed(server));
      const again = await timed(() => summed(server));
      if (round < WARM_UP) continue;
      times.summary.push(summary);
      times.all.push(all);
      times.again.push(again);
    }
    const resident = await server.residentMiB();
    const row = (name: string, of: readonly number[]) => ({
      [`${TOTAL} GPUs`]: name,
      "p50 ms": round(quantile(of, 0.5)),
      "p95 ms": round(quantile(of, 0.95)),
      "bytes held per GPU": held,
      "resident MiB": resident,
    });
    return [row("added up", times.summary), row("each by itself", times.all), row("added up right after", times.again)];
  },
};

async function register(server: ServerProcess, url: string): Promise<void> {
  const inputs = Array.from(
    { length: CLUSTERS },
    (_, index) =>
      `c${index}: registerCluster(input: { name: "gpu-${String(index).padStart(3, "0")}", apiServerUrl: "https://127.0.0.1:1", endpoints: { prometheusUrl: "${url}/${index}" } }) { id }`,
  );
  for (let at = 0; at < CLUSTERS; at += 25) await server.query(`mutation { ${inputs.slice(at, at + 25).join("\n")} }`);
}

async function timed(run: () => Promise<number>): Promise<number> {
  const began = performance.now();
  const gpus = await run();
  if (gpus !== TOTAL) throw new Error(`${gpus} of ${TOTAL} GPUs were told.`);
  return performance.now() - began;
}

const summed = async (server: ServerProcess): Promise<number> =>
  (await server.query<{ gpuSummary: { total: { devices: number } } }>(SUMMARY)).gpuSummary.total.devices;

async function listed(server: ServerProcess): Promise<number> {
  const pages = Object.values(await server.query<Record<string, Page>>(ALL));
  return pages.flatMap(({ items }) => items).reduce((sum, { gpus }) => sum + gpus.length, 0);
}

/** What the readings of all clusters hold, once what they were made from is gone. */
function bytesHeld(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const read = (cluster: number) => {
    const { series } = QueryAnswer.parse(JSON.parse(exporterAnswer(cluster, 1_795_000_000)));
    return readExporters(series, new Date(), []);
  };
  read(0);
  collect();
  const before = process.memoryUsage().heapUsed;
  const readings = Array.from({ length: CLUSTERS }, (_, cluster) => read(cluster));
  collect();
  const bytes = process.memoryUsage().heapUsed - before;
  return Math.round(bytes / readings.reduce((sum, { devices }) => sum + devices.length, 0));
}
