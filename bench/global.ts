import { enrolFleet } from "../demo/enrol.ts";
import { dataDirectory } from "./data-directory.ts";
import { demoProcess } from "./demo-process.ts";
import type { Benchmark } from "./main.ts";
import { ServerProcess } from "./server-process.ts";
import { quantile, round } from "./statistics.ts";

const CLUSTERS = 100;
const LATENCY_MS = 20;
const WARM_UP = 2;
const ROUNDS = 7;
const CPU = "rate(container_cpu_usage_seconds_total[5m])";
const QUESTIONS = {
  "sum by (namespace)": (vector: string) => `sum by (namespace) (${vector})`,
  avg: (vector: string) => `avg(${vector})`,
  "topk(5)": (vector: string) => `topk(5, ${vector})`,
};

interface Answer {
  metrics: {
    complete: boolean;
    outcomes: { bytes: number }[];
    global: { series: { metric: object; values: [number, string][] }[]; combination: { method: string } };
  };
}

/**
 * The same question over 100 clusters as one, at an instant and over an hour: from partial results, and from all series merged here.
 * Sorted series are only known when all are there, and so the argument in sort() makes the second of the first.
 */
export const global: Benchmark = {
  async run() {
    await using dataDir = await dataDirectory();
    const { clusters, process: demo } = await demoProcess(CLUSTERS, LATENCY_MS);
    try {
      await using server = await ServerProcess.start({
        DATA_DIR: dataDir.path,
        AIOPS_DEMO: "off",
        AIOPS_HEALTH_SWEEP_MS: "3600000",
      });
      await server.until("{ __typename }", () => true);
      await enrolFleet(clusters, async (query, variables) => ({ data: await server.query(query, variables) }), {
        concurrency: 8,
      });
      const rows: Record<string, unknown>[] = [];
      for (const [name, question] of Object.entries(QUESTIONS)) {
        for (const window of ["instant", "1 h"]) rows.push(await compare(server, name, question, window));
      }
      return rows;
    } finally {
      demo.kill();
    }
  },
};

async function compare(
  server: ServerProcess,
  name: string,
  question: (vector: string) => string,
  window: string,
): Promise<Record<string, unknown>> {
  const [pushed, merged] = [question(CPU), question(`sort(${CPU})`)];
  const times = { PUSHED_DOWN: [] as number[], MERGED_RAW: [] as number[] };
  const bytes = { PUSHED_DOWN: 0, MERGED_RAW: 0 };
  for (let turn = 0; turn < WARM_UP + ROUNDS; turn += 1) {
    // One moment for both, and another one for the next turn: nothing is kept.
    const end = new Date(Date.now() - 60_000);
    const when =
      window === "instant" ? { time: end } : { startTime: new Date(end.getTime() - 3_600_000), endTime: end };
    const answers: Answer["metrics"]["global"]["series"][] = [];
    for (const query of [pushed, merged]) {
      const began = performance.now();
      const { metrics } = await server.query<Answer>(QUERY, { query: { query, scope: "GLOBAL", ...when } });
      if (!metrics.complete) throw new Error("Not every cluster answered.");
      const took = performance.now() - began;
      const method = metrics.global.combination.method as keyof typeof times;
      if (turn >= WARM_UP) times[method].push(took);
      bytes[method] = metrics.outcomes.reduce((sum, outcome) => sum + outcome.bytes, 0);
      answers.push(metrics.global.series);
    }
    requireSame(answers);
  }
  const [ours, theirs] = [quantile(times.PUSHED_DOWN, 0.5), quantile(times.MERGED_RAW, 0.5)];
  return {
    question: name,
    window,
    "pushed down p50 ms": round(ours),
    "merged raw p50 ms": round(theirs),
    "time ratio": round(theirs / ours, 2),
    "pushed down KiB": Math.round(bytes.PUSHED_DOWN / 1024),
    "merged raw KiB": Math.round(bytes.MERGED_RAW / 1024),
    "bytes ratio": round(bytes.MERGED_RAW / bytes.PUSHED_DOWN, 1),
  };
}

const QUERY = `query ($query: MetricQueryInput!) { metrics(query: $query) {
  complete outcomes { bytes } global { series { metric values } combination { method } } } }`;

/** The two differ in the order of additions at most. */
function requireSame(answers: readonly Answer["metrics"]["global"]["series"][]): void {
  const [first, second] = answers.map((series) =>
    series
      .flatMap(({ metric, values }) =>
        values.map(([time, value]) => `${JSON.stringify(metric)} ${time} ${Number(value).toPrecision(9)}`),
      )
      .sort()
      .join("\n"),
  );
  if (first !== second) throw new Error("The two ways do not have the same answer.");
}
