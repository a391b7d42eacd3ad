import { createHash } from "node:crypto";
import type { QueryResult, Series } from "../../shared/upstreams/prometheus/schema.ts";
import type { Finding } from "./detector/index.ts";

/** A series as numbers: sixteen bytes a sample, which threads hand on without copying. */
export interface Samples {
  labels: Record<string, string>;
  times: Float64Array<ArrayBuffer>;
  /** What is not a number, and an infinity, is a gap. */
  values: Float64Array<ArrayBuffer>;
}

export interface SamplesAnswer {
  series: Samples[];
  /** How many there were before some were left out. */
  total: number;
  samples: number;
  warnings: string[];
}

/** What a detector tells, and what led to it where somebody else is to judge it. */
export interface JudgedFinding extends Finding {
  /** The last values up to it, the oldest first. */
  before: number[];
}

/** One label set, one key, whatever order the labels came in; of series that no rule is about, their query is part of it. */
export const seriesKey = (labels: Readonly<Record<string, string>>, query = ""): string =>
  createHash("sha256")
    .update(JSON.stringify([query, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]))
    .digest("base64url")
    .slice(0, 22);

/** At most so many: always the same ones, since a server may answer in another order each time. */
export function toSamples({ series, warnings }: QueryResult, most: number): SamplesAnswer {
  const kept = series.length > most ? firstOf(series, most) : series;
  const packed = kept.map(({ metric: labels, values: samples }) => {
    const times = new Float64Array(samples.length);
    const values = new Float64Array(samples.length);
    for (const [index, [time, text]] of samples.entries()) {
      const value = Number(text);
      times[index] = time;
      values[index] = Number.isFinite(value) ? value : Number.NaN;
    }
    return { labels, times, values };
  });
  const samples = packed.reduce((sum, { values }) => sum + values.length, 0);
  return { series: packed, total: series.length, samples, warnings };
}

const firstOf = (series: readonly Series[], most: number): Series[] =>
  series
    .map((each) => ({ each, key: seriesKey(each.metric) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, most)
    .map(({ each }) => each);
