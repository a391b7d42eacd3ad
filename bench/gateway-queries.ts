import type { Operation } from "./closed-loop.ts";

/** What the console and a reader of the README ask, and what one subgraph of them can answer by itself. */
export interface BenchQuery {
  name: string;
  /** How many clusters its answer has. */
  clusters: number;
  /** Never the same variables twice in a row: an answer that is under way could be shared. */
  operation: (turn: number) => Operation;
  direct: { subgraph: string; what: string; operation: (turn: number, ids: readonly string[]) => Operation };
}

const OF_CLUSTER = `id name displayName environment region labels
      status { state since healthScore lastError } capabilities { hasPrometheus hasGpuNodes gpuCount gpuTypes }`;
const ALERTS = (join: string): string => `alerts(filter: { severities: [CRITICAL], states: [FIRING] }, pageSize: 3) {
        total
        items {
          alertname startsAt staleSince
          pod { ${join} }
          logs(around: "5m", limit: 5) { timestamp message }
          traces(limit: 1) { traceId rootService durationMs hasErrors }
        }
      }`;

/** Every cluster, in other words each time. */
const anyLabels = (turn: number): string => `never!=${turn}`;
const demo = (turn: number): string => `demo,${anyLabels(turn)}`;

const paged = (pages: number, of: number, pageSize: number, fields: string): string =>
  `query Listed($labels: String) { ${Array.from(
    { length: pages },
    (_, page) =>
      `p${page}: clusters(filter: { labelSelector: $labels }, page: ${(page % of) + 1}, pageSize: ${pageSize}) { items { ${fields} } }`,
  ).join(" ")} }`;

/** So many clusters, with a field of a second subgraph that asks its database once for all of a hop's. @param of as many as there are */
export function listOf(clusters: number, { of = clusters, fields = "name" } = {}): BenchQuery {
  const pageSize = Math.min(clusters, 100);
  const list = (selected: string) => (turn: number) => ({
    query: paged(Math.ceil(clusters / pageSize), Math.ceil(of / pageSize), pageSize, selected),
    variables: { labels: anyLabels(turn) },
  });
  return {
    name: `list of ${clusters}`,
    clusters,
    operation: list(`id ${fields} alertCounts { firing critical }`),
    direct: { subgraph: "clusters", what: "without the counts of alerts", operation: list(`id ${fields}`) },
  };
}

const SMALLEST = (turn: number): Operation => ({
  query: "query Smallest($name: String) { cluster(name: $name) { displayName } }",
  variables: { name: `bench-${String(turn % 400).padStart(4, "0")}` },
});

export const QUERIES: readonly BenchQuery[] = [
  {
    name: "smallest",
    clusters: 1,
    operation: SMALLEST,
    direct: { subgraph: "clusters", what: "all of it", operation: SMALLEST },
  },
  {
    name: "fleet page",
    clusters: 100,
    operation: (turn) => ({
      query: `query Fleet($labels: String) { clusters(filter: { labelSelector: $labels }, pageSize: 100) { total items {
      ${OF_CLUSTER} alertCounts { total firing critical warning } gpuExecEnabled } } }`,
      variables: { labels: demo(turn) },
    }),
    direct: {
      subgraph: "clusters",
      what: "without alerts, and GPUs from its own inventory alone",
      operation: (turn) => ({
        query: `query Fleet($labels: String) { clusters(filter: { labelSelector: $labels }, pageSize: 100) { total items {
      ${OF_CLUSTER} } } }`,
        variables: { labels: demo(turn) },
      }),
    },
  },
  {
    name: "flagship",
    clusters: 5,
    operation: (turn) => ({
      query: `query Incident($labels: String) { clusters(filter: { labelSelector: $labels }, pageSize: 5) { items { name
      ${ALERTS("name phase restarts gpus { index name }")} } } }`,
      variables: { labels: demo(turn) },
    }),
    direct: {
      subgraph: "observability",
      what: "the five clusters' alerts, with logs and traces",
      operation: (_turn, ids) => ({
        query: `query Incident($of: [_Any!]!) { _entities(representations: $of) { ... on Cluster {
      ${ALERTS("name")} } } }`,
        variables: { of: ids.slice(0, 5).map((id) => ({ __typename: "Cluster", id })) },
      }),
    },
  },
  listOf(50),
  listOf(500),
];
