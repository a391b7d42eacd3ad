import { z } from "zod";
import type { Questions } from "./question.service.ts";

export interface PlacedSeries {
  clusterId: string;
  namespace: string | null;
  metricName: string;
  labels: Readonly<Record<string, string>>;
  startedAt: Date;
}

const NAMESPACES = `query RootCauseNamespaces($query: MetricQueryInput!) {
  metrics(query: $query) { results { data { metric } } }
}`;
const Namespaces = z.object({
  metrics: z
    .object({ results: z.array(z.object({ data: z.array(z.object({ metric: z.record(z.string(), z.string()) })) })) })
    .nullable(),
});
const METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Where a series is of: what was aggregated away is asked for of the metric that it was made from. Null where that is not one place. */
export async function namespaceOf(questions: Questions, series: PlacedSeries): Promise<string | null> {
  const { clusterId, namespace, metricName, labels, startedAt } = series;
  const kept = Object.entries(labels).filter(([name]) => !["__name__", "cluster"].includes(name));
  if (namespace !== null || kept.length === 0 || !METRIC.test(metricName)) return namespace;
  const matchers = kept.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ");
  const query = { query: `group by (namespace) (${metricName}{${matchers}})`, clusterIds: [clusterId] };
  const { data } = await questions.ask(NAMESPACES, { query: { ...query, time: startedAt.toISOString() } }, Namespaces);
  const found = (data?.metrics?.results ?? []).flatMap((result) =>
    result.data.map(({ metric }) => metric["namespace"]),
  );
  const [only] = found;
  return found.length === 1 && only ? only : null;
}
