import { z } from "zod";
import { counted, fullOf, shownOf, tableOf } from "./row.filter.ts";
import { reducedSeries, type ToldSeries } from "./series.filter.ts";
import { type AskedQuery, coverageOf, type Outcome, sourcesOf } from "./source.mapper.ts";
import type { ToolFinding } from "./tool.contract.ts";

/** Series as metrics and logMetrics answer them. */
export const Series = z.array(
  z.object({
    metric: z.record(z.string(), z.string()),
    values: z.array(z.tuple([z.number(), z.string()])),
  }),
);

export const toldSeries = (cluster: string, series: z.output<typeof Series>): ToldSeries[] =>
  series.map(({ metric, values }) => ({ cluster, labels: metric, values }));

export interface FoundSeries {
  query: string;
  series: readonly ToldSeries[];
  outcomes: readonly Outcome[];
  asked: AskedQuery;
  /** Null for one value of each. */
  window: { range: string; step: string | null } | null;
  facts?: Record<string, unknown>;
  operation: ToolFinding["operation"];
}

export function seriesFinding({ query, series, outcomes, asked, window, facts, operation }: FoundSeries): ToolFinding {
  const coverage = coverageOf(outcomes);
  const { top, lowest, rows } = reducedSeries(series);
  const shown = shownOf(top, top.length);
  const when = window ? `over ${window.range} until ${asked.at}` : `at ${asked.at}`;
  const found =
    series.length === 0 ? `No series for ${query}` : `${series.length} series for ${query}${highest(top[0])}`;
  return {
    summary: `${found}, ${when}, from ${counted(coverage.answered, "cluster")}.${coverage.sentence}`,
    result: {
      ...window,
      seriesTotal: series.length,
      series: shown,
      ...(lowest.length > 0 ? { lowest } : {}),
      ...facts,
      ...coverage.facts,
    },
    full: series.length > 0 && (window || series.length > shown.length) ? fullOf(rows) : null,
    table: tableOf(rows, window ? ["cluster", "labels", "last", "min", "max", "mean"] : ["cluster", "labels", "value"]),
    sources: sourcesOf(outcomes, asked),
    operation,
  };
}

function highest(row: Readonly<Record<string, unknown>> | undefined): string {
  if (!row) return "";
  const value = row["max"] ?? row["value"];
  return `; the highest is ${String(value)} (${String(row["cluster"])} ${JSON.stringify(row["labels"])})`;
}
