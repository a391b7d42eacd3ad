import { EXAMPLES } from "../gateway/graphiql/examples.ts";
import { dataDirectory } from "./data-directory.ts";
import type { Benchmark } from "./main.ts";
import { ServerProcess } from "./server-process.ts";
import { quantile, round } from "./statistics.ts";

const ROUNDS = 3;
const CLUSTERS = 5;

interface Answer {
  metrics: { clustersSucceeded: number };
}

/** From process start to the first federated answer (the first example, over the whole demo fleet), on a new data directory and again on it. */
export const start: Benchmark = {
  async run() {
    const cold: Measured[] = [];
    const warm: Measured[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await using dataDir = await dataDirectory();
      cold.push(await measure(dataDir.path));
      warm.push(await measure(dataDir.path));
    }
    return [row("first start", cold), row("second start", warm)];
  },
};

interface Measured {
  listeningMs: number;
  answerMs: number;
  residentMiB: number;
}

async function measure(dataDir: string): Promise<Measured> {
  const began = performance.now();
  await using server = await ServerProcess.start({ DATA_DIR: dataDir, AIOPS_DEMO: String(CLUSTERS) });
  await server.until("{ __typename }", () => true);
  const listeningMs = performance.now() - began;
  const [example] = EXAMPLES;
  if (!example) throw new Error("There is no example to ask.");
  await server.until<Answer>(example.query, ({ metrics }) => metrics.clustersSucceeded === CLUSTERS);
  const answerMs = performance.now() - began;
  return { listeningMs, answerMs, residentMiB: await server.residentMiB() };
}

function row(name: string, measured: readonly Measured[]) {
  const median = (of: (value: Measured) => number): number => round(quantile(measured.map(of), 0.5), 0);
  return {
    "": name,
    "listening ms": median(({ listeningMs }) => listeningMs),
    "first federated answer ms": median(({ answerMs }) => answerMs),
    "slowest ms": round(Math.max(...measured.map(({ answerMs }) => answerMs)), 0),
    "resident MiB": median(({ residentMiB }) => residentMiB),
  };
}
