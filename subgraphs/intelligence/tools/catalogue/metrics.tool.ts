import { z } from "zod";
import { isSelector } from "../../../shared/upstreams/promql/selectors.ts";
import { clusters, limit } from "../argument.input.ts";
import { askFor, CLUSTER_SECONDS, clusterIdsOf, stepFor, stretchOf, TOOL_MS } from "../question.loader.ts";
import { counted, fullOf, shownOf, tableOf } from "../row.filter.ts";
import { Series, seriesFinding, toldSeries } from "../series.mapper.ts";
import { coverageOf, OUTCOMES, Outcomes, sourcesOf } from "../source.mapper.ts";
import { defineTool } from "../tool.contract.ts";

const POINTS_ASKED = 120;

const METRICS = `query QueryMetrics($query: MetricQueryInput!) {
  metrics(query: $query) {
    endTime step ${OUTCOMES}
    results { clusterName data { metric values } }
    global { series { metric values } combination { method combining leaves { name expression } } }
  }
}`;
const Metrics = z.object({
  metrics: z.object({
    endTime: z.string(),
    step: z.string().nullable(),
    outcomes: Outcomes,
    results: z.array(z.object({ clusterName: z.string(), data: Series })),
    global: z
      .object({
        series: Series,
        combination: z.object({
          method: z.string(),
          combining: z.string().nullable(),
          leaves: z.array(z.object({ name: z.string(), expression: z.string() })),
        }),
      })
      .nullable(),
  }),
});
/** What a series of all clusters has instead of a cluster's name, where it was put together. */
const WHOLE_FLEET = "(all)";

export const queryMetrics = defineTool({
  name: "query_metrics",
  title: "Query metrics",
  description:
    "Ask the clusters' Prometheus a PromQL query. Answers each series' figures, the highest first. For names of metrics use get_metric_labels.",
  readOnly: true,
  timeoutMs: TOOL_MS,
  input: z.strictObject({
    query: z
      .string()
      .min(1)
      .max(4000)
      .describe("PromQL. Aggregate where you can: sum by (namespace) (...), topk(10, ...)."),
    clusters,
    range: z.string().max(20).optional().describe('How far back, such as "1h"; the value now unless given.'),
    step: z.string().max(20).optional().describe("With a range: its resolution; a fitting one unless given."),
    global: z.boolean().default(false).describe("One answer over all clusters together, instead of one for each."),
  }),
  run: async ({ query, clusters: named, range, step, global }, kit) => {
    const { now } = kit.caller;
    const stretch = range === undefined ? null : stretchOf(range, now);
    const variables = {
      query: {
        query,
        clusterIds: await clusterIdsOf(kit, named),
        scope: global ? "GLOBAL" : "PER_CLUSTER",
        timeout: CLUSTER_SECONDS,
        ...(stretch
          ? {
              startTime: stretch.startTime,
              endTime: stretch.endTime,
              step: step ?? stepFor(stretch.seconds, POINTS_ASKED),
            }
          : { time: now.toISOString() }),
      },
    };
    const { data } = await askFor(kit, { document: METRICS, variables, answer: Metrics });
    const { endTime, outcomes, results, global: combined } = data.metrics;
    const series = combined
      ? combined.series.map(({ metric, values }) => ({
          cluster: metric["cluster"] ?? WHOLE_FLEET,
          labels: metric,
          values,
        }))
      : results.flatMap(({ clusterName, data: own }) => toldSeries(clusterName, own));
    return seriesFinding({
      query,
      series,
      outcomes,
      asked: { language: "PROMQL", query, at: endTime },
      window: range === undefined ? null : { range, step: data.metrics.step },
      facts: combined ? { combination: combined.combination } : {},
      operation: { document: METRICS, variables },
    });
  },
});

const label = z.string().min(1).max(200).optional();
const ARGUMENTS = "$clusterIds: [UUID!], $matchers: [String!], $limit: Int!, $timeout: Int!";
const GIVEN = "clusterIds: $clusterIds, matchers: $matchers, limit: $limit, timeout: $timeout";
const ANSWERED = `items truncated ${OUTCOMES}`;
const NAMES = `query MetricLabels(${ARGUMENTS}) { found: metricLabels(${GIVEN}) { ${ANSWERED} } }`;
const VALUES = `query MetricLabelValues($label: String!, ${ARGUMENTS}) {
  found: metricLabelValues(label: $label, ${GIVEN}) { ${ANSWERED} }
}`;
const Names = z.object({
  found: z.object({ items: z.array(z.string()), truncated: z.boolean(), outcomes: Outcomes }),
});

/** Prometheus wants to be told of some label that it is there; of a name, a pattern is what one has in mind. */
const selecting = (match: string): string => (isSelector(match) ? match : match.replace(/\}\s*$/, ', __name__!=""}'));

export const getMetricLabels = defineTool({
  name: "get_metric_labels",
  title: "Get metric names and labels",
  description:
    "What can be asked for: with label \"__name__\" the metrics' names, with another one its values, without one the labels' names.",
  readOnly: true,
  timeoutMs: TOOL_MS,
  input: z.strictObject({
    clusters,
    label: label.describe('Label whose values to list; "__name__" for metrics.'),
    match: z
      .string()
      .max(1000)
      .optional()
      .describe('Only of series that this selects, such as {namespace="shop"} or {__name__=~"DCGM_.+"}.'),
    limit: limit(100, 1000),
  }),
  run: async ({ clusters: named, label: asked, match, limit: most }, kit) => {
    const document = asked === undefined ? NAMES : VALUES;
    const variables = {
      clusterIds: await clusterIdsOf(kit, named),
      matchers: match === undefined ? null : [selecting(match)],
      limit: most,
      timeout: CLUSTER_SECONDS,
      ...(asked === undefined ? {} : { label: asked }),
    };
    const { data } = await askFor(kit, { document, variables, answer: Names });
    const { items, truncated, outcomes } = data.found;
    const coverage = coverageOf(outcomes);
    const rows = items.map((value) => ({ value }));
    const shown = shownOf(rows, 150, 4000);
    const noun = asked === undefined ? "label" : asked === "__name__" ? "metric" : "value";
    return {
      summary: `${counted(items.length, noun)}${noun === "value" ? ` of ${asked}` : ""}${truncated ? " and more" : ""} in ${counted(coverage.answered, "cluster")}.${coverage.sentence}`,
      result: { total: items.length, truncated, items: shown.map(({ value }) => value), ...coverage.facts },
      full: items.length > shown.length ? fullOf(rows) : null,
      table: tableOf(rows, ["value"]),
      sources: sourcesOf(outcomes, {
        language: "PROMQL",
        query: match ?? (asked === undefined ? "labels" : `values of ${asked}`),
        at: kit.caller.now.toISOString(),
      }),
      operation: { document, variables },
    };
  },
});
