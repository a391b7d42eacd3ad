import type { Matcher } from "../../promql/ast.ts";
import { badData, QueryError } from "../../promql/errors.ts";
import { parseSelector } from "../../promql/parse.ts";
import type { SampleSource, SourceSeries } from "../../promql/source.ts";
import { labelsKey } from "../../promql/values.ts";
import type { World } from "../world/world.ts";

function selectors(params: URLSearchParams): (readonly Matcher[])[] {
  return params.getAll("match[]").map((selector) => {
    try {
      return parseSelector(selector).matchers;
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      const empty = error.message.includes("at least one non-empty matcher");
      const why = empty ? "match[] must contain at least one non-empty matcher" : error.message;
      throw badData(`invalid parameter "match[]": ${why}`);
    }
  });
}

/** The series that any of the selectors in match[] finds, each once; all series when there is none. */
function matching(source: SampleSource, params: URLSearchParams): SourceSeries[] {
  const wanted = selectors(params);
  if (wanted.length === 0) return [...source.select([])];
  return [...new Set(wanted.flatMap((matchers) => source.select(matchers)))];
}

/** /api/v1/series. */
export function seriesList(source: SampleSource, params: URLSearchParams): unknown[] {
  if (!params.has("match[]")) throw badData("no match[] parameter provided");
  return matching(source, params)
    .map(({ labels }) => ({ labels, key: labelsKey(labels) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ labels }) => labels);
}

/** /api/v1/labels. */
export function labelNames(source: SampleSource, params: URLSearchParams): string[] {
  return [...new Set(matching(source, params).flatMap(({ labels }) => Object.keys(labels)))].sort();
}

/** /api/v1/label/<name>/values. */
export function labelValues(name: string, source: SampleSource, params: URLSearchParams): string[] {
  const values = new Set<string>();
  for (const { labels } of matching(source, params)) {
    const value = labels[name];
    if (value !== undefined) values.add(value);
  }
  return [...values].sort();
}

/** /api/v1/metadata, of one metric or of all. */
export function metadata(world: World, metric: string | null, limit: number): Record<string, unknown> {
  const described = [...world.families.values()].filter(
    ({ name, help }) => help !== "" && (metric === null || metric === "" || name === metric),
  );
  const shown = limit > 0 ? described.slice(0, limit) : described;
  return Object.fromEntries(shown.map(({ name, type, help }) => [name, [{ type, unit: "", help }]]));
}
