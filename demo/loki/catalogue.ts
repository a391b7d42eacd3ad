import type { LogSource } from "../world/logs/logs.ts";
import { parseStreams } from "./parse.ts";

type Labels = Readonly<Record<string, string>>;

/** The streams that any of the selectors finds; all where there is none. */
function streams(logs: LogSource, selectors: readonly string[]): Labels[] {
  const wanted = selectors.map(parseStreams);
  const all = logs.streams.map(({ labels }) => labels);
  if (wanted.length === 0) return all;
  return all.filter((labels) =>
    wanted.some((matchers) => matchers.every(({ name, matches }) => matches(labels[name] ?? ""))),
  );
}

const selectorsOf = (params: URLSearchParams, ...names: string[]) =>
  names.flatMap((name) => params.getAll(name)).filter((selector) => selector !== "");

/** /loki/api/v1/labels. */
export function labelNames(logs: LogSource, params: URLSearchParams): string[] {
  return [...new Set(streams(logs, selectorsOf(params, "query")).flatMap((labels) => Object.keys(labels)))].sort();
}

/** /loki/api/v1/label/<name>/values. */
export function labelValues(logs: LogSource, name: string, params: URLSearchParams): string[] {
  const values = streams(logs, selectorsOf(params, "query")).flatMap((labels) => labels[name] ?? []);
  return [...new Set(values)].sort();
}

/** /loki/api/v1/series. */
export const seriesList = (logs: LogSource, params: URLSearchParams): Labels[] =>
  streams(logs, selectorsOf(params, "match[]", "match"));
