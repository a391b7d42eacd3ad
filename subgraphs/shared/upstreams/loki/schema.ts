import { hash } from "node:crypto";
import { z } from "zod";
import { labelKey } from "../../kernel/label-key.ts";
import { compareNanos } from "../../kernel/nano-time.ts";
import { publicText } from "../prometheus/schema.ts";

export type Labels = Record<string, string>;
export type Direction = "BACKWARD" | "FORWARD";

/**
 * A line as Loki gives it: when (unix nanoseconds), its text, and the labels that are its own and not its stream's. An answer holds
 * thousands, which are never copied.
 */
export type LogRow = [nanos: string, line: string, own?: { structuredMetadata?: Labels; parsed?: Labels }];

export interface LogStream {
  labels: Labels;
  /** The same for the same labels, whoever answers. */
  hash: string;
  /** In the direction that was asked for. */
  rows: LogRow[];
}

const isLabels = (value: unknown): value is Labels =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isRow = (value: unknown): value is LogRow =>
  Array.isArray(value) &&
  typeof value[0] === "string" &&
  /^[1-9]\d{0,18}$/.test(value[0]) &&
  typeof value[1] === "string" &&
  (value[2] === undefined || isLabels(value[2]));

const Labels = z.custom<Labels>(isLabels);
/** Checked by hand: zod would visit each line. */
const Rows = z.custom<LogRow[]>((value) => Array.isArray(value) && value.every(isRow));
const Streams = z.array(z.object({ stream: Labels, values: Rows }));
const notes = z
  .array(z.string())
  .default([])
  .transform((texts) => texts.map(publicText));

/** https://grafana.com/docs/loki/latest/reference/loki-http-api/ : the answer of query_range to what selects log lines. */
export const LinesAnswer = z.object({
  status: z.literal("success"),
  data: z.object({ resultType: z.literal("streams"), result: Streams }),
  warnings: notes,
});

/** Of labels and their values. Where there is none, the key is left out. */
export const NamesAnswer = z.object({ status: z.literal("success"), data: z.array(z.string()).default([]) });
export const SeriesAnswer = z.object({ status: z.literal("success"), data: z.array(Labels).default([]) });

/** A frame of the tail. Loki lists the lines that it has left out since the frame before, because they were read too slowly. */
export const TailFrame = z
  .object({ streams: Streams.nullish(), dropped_entries: z.array(z.unknown()).nullish() })
  .transform(({ streams, dropped_entries }) => ({
    streams: toStreams(streams ?? [], "FORWARD"),
    dropped: dropped_entries?.length ?? 0,
  }));
export type TailFrame = z.output<typeof TailFrame>;

/** Each stream once, its lines in order: nothing else promises so for all servers that speak this API. */
export function toStreams(result: z.output<typeof Streams>, direction: Direction): LogStream[] {
  const byHash = new Map<string, LogStream>();
  for (const { stream: labels, values: rows } of result) {
    if (rows.length === 0) continue;
    const key = hashOf(labels);
    const known = byHash.get(key);
    if (known) known.rows = known.rows.concat(rows);
    else byHash.set(key, { labels, hash: key, rows });
  }
  const order = direction === "FORWARD" ? compareNanos : (a: string, b: string) => compareNanos(b, a);
  const streams = [...byHash.values()];
  for (const { rows } of streams) {
    const sorted = rows.every(([nanos], at) => at === 0 || order((rows[at - 1] as LogRow)[0], nanos) <= 0);
    if (!sorted) rows.sort(([a], [b]) => order(a, b));
  }
  return streams;
}

const hashOf = (labels: Labels): string => hash("sha256", labelKey(labels), "hex").slice(0, 16);
