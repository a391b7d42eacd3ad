import { labelsKey } from "../../promql/values.ts";
import { allLabels, type Entry } from "./pipeline.ts";

type Value = readonly [time: string, line: string, more?: Readonly<Record<string, object>>];

interface StreamResult {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: Value[];
}

/** With this flag a client asks that labels of different origin be kept apart. */
export const CATEGORIZE = "categorize-labels";

export const categorizes = (headers: Readonly<Record<string, string>>): boolean =>
  (headers["x-loki-response-encoding-flags"] ?? "").split(",").includes(CATEGORIZE);

/**
 * Entries as a list of streams. Usually what is known beside a line, and what a query got out of it, are labels, so that many a
 * line is a stream of its own; with `categorized` they stand beside the line.
 */
export function streamsOf(entries: readonly Entry[], categorized: boolean): StreamResult[] {
  const streams = new Map<string, StreamResult>();
  for (const entry of entries) {
    const labels = categorized ? entry.stream : allLabels(entry);
    const key = labelsKey(labels);
    let stream = streams.get(key);
    if (stream === undefined) {
      stream = { stream: labels, values: [] };
      streams.set(key, stream);
    }
    const parsed = Object.keys(entry.parsed).length === 0 ? {} : { parsed: entry.parsed };
    const time = String(entry.ns);
    stream.values.push(
      categorized ? [time, entry.line, { structuredMetadata: entry.metadata, ...parsed }] : [time, entry.line],
    );
  }
  return [...streams].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, stream]) => stream);
}
