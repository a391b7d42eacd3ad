import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import type {
  EntityRef,
  LogLine,
  MetricSignal,
  SpanSignal,
  TimeRange,
} from "../subgraphs/intelligence/root-cause/core/index.ts";
import { ConfigError } from "../subgraphs/shared/kernel/config.ts";

// A day of Nezha (Yu et al., ESEC/FSE 2023): a file of lines and a file of spans for each recorded minute, a file of metrics for each pod,
// and the list of injected faults.

const SHAPE = "Name an archive (.tar.xz) or a folder of one day in Nezha's shape: npm run bench -- rca --data <path>";

export interface Fault {
  readonly time: number;
  readonly pod: string;
  readonly type: string;
}

export interface Day {
  readonly faults: readonly Fault[];
  readonly metrics: readonly MetricSignal[];
  /** By time. */
  readonly logs: readonly LogLine[];
  /** By time. */
  readonly spans: readonly SpanSignal[];
  /** Of which there are lines and spans, by time. */
  readonly recorded: readonly TimeRange[];
}

const pods = new Map<string, EntityRef>();

function podEntity(name: string): EntityRef {
  const pod = pods.get(name) ?? { kind: "POD", namespace: null, name };
  pods.set(name, pod);
  return pod;
}

export async function readDay(folder: string): Promise<Day> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const [list, another] = files.filter((path) => path.endsWith("fault_list.json"));
  if (!list || another) {
    throw new ConfigError(`${folder} has ${list ? "more than one" : "no"} fault list (*fault_list.json). ${SHAPE}`);
  }
  const logs: LogLine[] = [];
  const spans: SpanSignal[] = [];
  const metrics: MetricSignal[] = [];
  const recorded: TimeRange[] = [];
  for (const path of files) {
    const name = basename(path);
    if (name.endsWith("_log.csv")) logs.push(...(await readLogs(path)));
    if (name.endsWith("_trace.csv")) {
      const found = await readSpans(path);
      spans.push(...found);
      if (found.length > 0) recorded.push(rangeOf(found));
    }
    // The files beside the fault list are of the whole day; others repeat parts of them.
    if (name.endsWith("_metric.csv") && path.startsWith(dirname(list))) metrics.push(...(await readMetrics(path)));
  }
  return {
    faults: await readFaults(list),
    metrics,
    logs: logs.sort((a, b) => a.time - b.time),
    spans: spans.sort((a, b) => a.start - b.start),
    recorded: recorded.sort((a, b) => a.start - b.start),
  };
}

function rangeOf(spans: readonly SpanSignal[]): TimeRange {
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const span of spans) {
    start = Math.min(start, span.start);
    end = Math.max(end, span.start);
  }
  // Its last span is in it.
  return { start, end: end + 1 };
}

const FaultList = z.record(
  z.string(),
  z.array(z.object({ inject_time: z.string(), inject_pod: z.string(), inject_type: z.string() })),
);

/** The time as text is UTC; the number beside it is of another zone. */
async function readFaults(path: string): Promise<Fault[]> {
  const hours = FaultList.parse(JSON.parse(await readFile(path, "utf8")));
  return Object.values(hours)
    .flat()
    .map((row) => ({
      time: Date.parse(`${row.inject_time.replace(" ", "T")}Z`),
      pod: row.inject_pod,
      type: row.inject_type,
    }))
    .sort((a, b) => a.time - b.time);
}

const rowsOf = (path: string) => createInterface({ input: createReadStream(path, "utf8") });
const milliseconds = (nanoseconds: string): number => Number(nanoseconds) / 1e6;

/** Timestamp,TimeUnixNano,Node,PodName,Container,TraceID,SpanID,Log: the log is what the container runtime wrote, as JSON. */
const LOG_ROW = /^[^,]*,(\d+),[^,]*,([^,]*),[^,]*,([^,]*),([^,]*),"(.*)"$/;
const LEVEL = /\b(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\b/;

async function readLogs(path: string): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for await (const row of rowsOf(path)) {
    const [, time, pod, traceId, spanId, log] = LOG_ROW.exec(row) ?? [];
    if (!time || !pod || log === undefined) continue;
    const message = messageOf(log.replaceAll('""', '"'));
    lines.push({
      entity: podEntity(pod),
      time: milliseconds(time),
      message,
      level: LEVEL.exec(message.slice(0, 60))?.[1] ?? null,
      traceId: traceId || null,
      spanId: spanId || null,
    });
  }
  return lines;
}

const RuntimeLine = z.object({ log: z.string() });

function messageOf(json: string): string {
  try {
    return RuntimeLine.parse(JSON.parse(json)).log;
  } catch {
    return json;
  }
}

/** TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration (of microseconds). */
async function readSpans(path: string): Promise<SpanSignal[]> {
  const spans: SpanSignal[] = [];
  for await (const row of rowsOf(path)) {
    const cells = row.split(",");
    const [traceId = "", spanId = "", parentId = "", pod = ""] = cells;
    const [start, end] = [Number(cells.at(-3)), Number(cells.at(-2))];
    if (!Number.isFinite(start) || !Number.isFinite(end)) continue;
    spans.push({
      traceId,
      spanId,
      parentId: parentId === "root" ? null : parentId,
      entity: podEntity(pod),
      operation: cells.slice(4, -3).join(","),
      start: start / 1e6,
      durationMs: (end - start) / 1e6,
      error: false,
    });
  }
  return spans;
}

/** What a pod uses. Traffic and latency are symptoms, and the node's is the node's. */
const COLUMNS = new Map([
  ["CpuUsageRate(%)", "cpu"],
  ["MemoryUsageRate(%)", "memory"],
]);

async function readMetrics(path: string): Promise<MetricSignal[]> {
  const [header = [], ...rows] = (await readFile(path, "utf8"))
    .trim()
    .split("\n")
    .map((row) => row.split(","));
  const [timeAt, podAt] = [header.indexOf("TimeStamp"), header.indexOf("PodName")];
  const pod = rows[0]?.[podAt];
  if (pod === undefined) return [];
  return [...COLUMNS].map(([column, metric]) => ({
    entity: podEntity(pod),
    metric,
    polarity: "UP" as const,
    query: `${column} of ${pod}`,
    points: rows.map((cells) => ({ time: Number(cells[timeAt]) * 1000, value: Number(cells[header.indexOf(column)]) })),
  }));
}
