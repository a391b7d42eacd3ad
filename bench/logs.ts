import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { PageMerge } from "../subgraphs/observability/logs/page.merge.ts";
import type { Target } from "../subgraphs/shared/fleet/directory.ts";
import { LinesAnswer, type LogStream, toStreams } from "../subgraphs/shared/upstreams/loki/schema.ts";
import type { Benchmark } from "./main.ts";
import { round } from "./statistics.ts";

const CLUSTERS = 100;
const STREAMS = 20;
const PAGES = [1000, 5000];
const BASE = 1_795_385_000_000_000_000n;
const MIB = 1024 * 1024;

/**
 * Pages over 100 clusters, each of which gives as many lines as the page holds: decoded and merged as they come in. Live memory is
 * taken after each answer: the peak is the page, one answer, and the page that they become.
 */
export const logs: Benchmark = {
  async run() {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const live = (): number => {
      collect();
      return process.memoryUsage().heapUsed / MIB;
    };
    const targets = Array.from({ length: CLUSTERS }, (_, index) => targetOf(index));
    // Once for the compiler.
    speed(targets, 1000);
    return PAGES.map((limit) => ({ ...speed(targets, limit), ...memory(targets, limit, live) }));
  },
};

const questionOf = (limit: number) => ({ direction: "BACKWARD" as const, limit, after: null });

function speed(targets: readonly Target[], limit: number): Record<string, unknown> {
  const merge = new PageMerge(questionOf(limit));
  let [decoding, merging] = [0, 0];
  for (const [index, target] of targets.entries()) {
    const body = bodyOf(index, limit);
    const start = performance.now();
    const streams = streamsIn(body);
    const read = performance.now();
    merge.add(target, streams, false);
    decoding += read - start;
    merging += performance.now() - read;
  }
  const perSecond = (ms: number): number => Math.round((CLUSTERS * limit) / (ms / 1000));
  return {
    "lines asked": CLUSTERS * limit,
    "lines given": merge.page().lines.length,
    "decode lines/s": perSecond(decoding),
    "merge ms": round(merging),
    "merge lines/s": perSecond(merging),
  };
}

function memory(targets: readonly Target[], limit: number, live: () => number): Record<string, unknown> {
  const empty = live();
  const merge = new PageMerge(questionOf(limit));
  const peak = Math.max(...targets.map((target, index) => whileMerged(merge, target, index, limit, live))) - empty;
  const page = live() - empty;
  if (merge.page().lines.length !== limit) throw new Error("The page is not full.");
  return { "page MiB": round(page, 2), "peak MiB": round(peak, 2), "peak / page": round(peak / page, 2) };
}

/** What is live while the answer is, too. A function of its own: in a loop, the last answer would outlive its turn. */
function whileMerged(merge: PageMerge, target: Target, index: number, limit: number, live: () => number): number {
  const streams = streamsIn(bodyOf(index, limit));
  merge.add(target, streams, false);
  const used = live();
  if (streams.length === 0) throw new Error("An answer was empty.");
  return used;
}

const streamsIn = (body: string): LogStream[] => toStreams(LinesAnswer.parse(JSON.parse(body)).data.result, "BACKWARD");

const targetOf = (index: number): Target => ({
  id: `${String(index).padStart(8, "0")}-0000-4000-8000-000000000000`,
  name: `c-${index}`,
  apiServerUrl: "",
  prometheusUrl: null,
  tempoUrl: null,
  lokiUrl: null,
  alertmanagerUrl: null,
  lokiTenant: null,
  tempoTenant: null,
  credentialsAt: null,
});

/** An answer as Loki gives it: lines of 120 characters with a trace of their own, newest first. */
function bodyOf(index: number, lines: number): string {
  const values = Array.from({ length: STREAMS }, (): unknown[] => []);
  for (let line = lines - 1; line >= 0; line -= 1) {
    const nanos = String(BASE + BigInt(line * 1_000_003 + index * 997));
    const trace = `${index}${line}`.padEnd(32, "a");
    const text = `level=info msg="request served" path=/orders/${line} status=200 duration=${line % 700}ms user=${line * 7}`;
    const own = { structuredMetadata: { trace_id: trace, detected_level: "info" } };
    values[line % STREAMS]?.push([nanos, text.padEnd(120), own]);
  }
  const result = values.map((rows, at) => ({
    stream: { namespace: "shop", app: `app-${at}`, pod: `app-${at}-0` },
    values: rows,
  }));
  return JSON.stringify({ status: "success", data: { resultType: "streams", result } });
}
