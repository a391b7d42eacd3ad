import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from "graphql";
import { dataDirectory } from "./data-directory.ts";
import { DocumentFuzz, type FuzzedDocument } from "./fuzz/documents.ts";
import { randomTexts } from "./fuzz/texts.ts";
import { verdictOf } from "./fuzz/verdict.ts";
import type { Benchmark } from "./main.ts";
import { ServerProcess } from "./server-process.ts";
import { quantile, round } from "./statistics.ts";

const DOCUMENTS = 20_000;
const WORK = 2000;
const TEXTS = 5000;
const AT_ONCE = 8;
const PATIENCE_MS = 120_000;
/** Of the documents whose answers are not as they may be. */
const MOST_SHOWN = 20;

interface Tally {
  answered: number;
  fine: number;
  codes: Map<string, number>;
  times: number[];
  slowest: { ms: number; document: string };
  problems: unknown[];
}

/** 20,000 documents made from the schema, 2,000 that begin root causes and reports, and 5,000 broken texts, against a demo fleet: whether each gets a coded error, and what is slow. */
export const fuzz: Benchmark = {
  async run() {
    await using dataDir = await dataDirectory();
    const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);
    await using server = await ServerProcess.start({ DATA_DIR: dataDir.path, AIOPS_DEMO: "3" });
    type There = { clusters: { items: { id: string; name: string }[] }; gpuNodes: { items: unknown[] } };
    const there = await server.until<There>(
      `{ clusters { items { id name } } gpuNodes { items { nodeName } } }`,
      ({ clusters, gpuNodes }) => clusters.items.length === 3 && gpuNodes.items.length > 0,
    );
    const schema = buildClientSchema(await server.query<IntrospectionQuery>(getIntrospectionQuery()));
    const { items } = there.clusters;
    const [clusterId, clusterName] = [items.map(({ id }) => id), items.map(({ name }) => name)];
    const documents = new DocumentFuzz(schema, { seed, known: [...clusterId, ...clusterName] });
    const roots = { kind: "mutation", fields: /RootCause|Report/ } as const;
    const work = new DocumentFuzz(schema, { seed, named: { clusterId, clusterName }, roots });
    const rowOf = async (name: string, asked: readonly FuzzedDocument[]) => {
      const before = await server.residentMiB();
      const tally = await judged(server, asked);
      return row(`${asked.length} ${name}`, tally, before, await server.residentMiB());
    };
    const made = (fuzz: DocumentFuzz, length: number) => Array.from({ length }, () => fuzz.next());
    const rows = [
      await rowOf(`documents (seed ${seed})`, made(documents, DOCUMENTS)),
      await rowOf("root causes and reports", made(work, WORK)),
      await rowOf("broken texts", randomTexts(seed, TEXTS)),
    ];
    await server.query(`{ __typename }`);
    return rows;
  },
};

async function judged(server: ServerProcess, documents: readonly FuzzedDocument[]): Promise<Tally> {
  const tally: Tally = {
    answered: 0,
    fine: 0,
    codes: new Map(),
    times: [],
    slowest: { ms: 0, document: "" },
    problems: [],
  };
  const waiting = documents.entries();
  const worker = async () => {
    for (const [index, each] of waiting) {
      const began = performance.now();
      const text = await send(server, each).catch((error: unknown) => String(error));
      const ms = performance.now() - began;
      const { codes, problems } = verdictOf(text);
      tally.answered += 1;
      tally.times.push(ms);
      if (codes.length === 0) tally.fine += 1;
      for (const code of new Set(codes)) tally.codes.set(code, (tally.codes.get(code) ?? 0) + 1);
      if (ms > tally.slowest.ms) tally.slowest = { ms, document: each.document };
      if (problems.length > 0) tally.problems.push({ index, problems, codes, ...each });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return tally;
}

async function send(server: ServerProcess, { document, variables }: FuzzedDocument): Promise<string> {
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: document, variables }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  return await response.text();
}

function row(name: string, { answered, fine, codes, times, slowest, problems }: Tally, before: number, after: number) {
  const most = [...codes].sort(([, a], [, b]) => b - a).map(([code, count]) => `${code} ${count}`);
  const seconds = times.reduce((sum, ms) => sum + ms, 0) / 1000 / AT_ONCE;
  return {
    "": name,
    "not as they may be": problems.length,
    problems: JSON.stringify(problems.slice(0, MOST_SHOWN)),
    "without an error": fine,
    "a second": round(answered / seconds),
    "p50 ms": round(quantile(times, 0.5)),
    "p99 ms": round(quantile(times, 0.99)),
    "slowest ms": round(slowest.ms),
    slowest: slowest.document.replaceAll(/\s+/g, " ").slice(0, 300),
    "resident MiB": `${before} to ${after}`,
    codes: most.join(", "),
  };
}
