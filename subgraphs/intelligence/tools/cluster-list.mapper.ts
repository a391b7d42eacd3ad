import type { AnsweredCluster } from "./cluster-page.loader.ts";
import { counted, fullOf, type Row, shownOf, tableOf } from "./row.filter.ts";
import { coverageOf, type Outcome, requireAnswer, sourcesOf } from "./source.mapper.ts";
import type { ToolFinding, ToolKit } from "./tool.contract.ts";

const FEW_CLUSTERS = 10;
const MOST_OF_EACH = 25;

/** Of many clusters each tells a few, so that a large fleet's answer stays small. */
export const ofEach = (ids: readonly string[] | null, most: number): number =>
  ids !== null && ids.length <= FEW_CLUSTERS ? most : Math.min(most, MOST_OF_EACH);

export const sumOf = <T>(answered: readonly AnsweredCluster<T>[], count: (cluster: T) => number): number =>
  answered.reduce((sum, { cluster }) => sum + count(cluster), 0);

export interface Listed<T> {
  document: string;
  variables: Record<string, unknown>;
  filter: object;
  noun: string;
  name: string;
  answered: readonly AnsweredCluster<T>[];
  /** When that was so; null where it is not told. */
  asOf: (cluster: T) => string | null;
  rows: readonly Row[];
  total: number;
  /** For the summary: what there is, by phase or reason. */
  words: readonly string[];
  facts: Record<string, unknown>;
  columns: readonly string[];
}

/** Things of many clusters, each asked for its own. */
export function listed<T extends { id: string; name: string }>(kit: ToolKit, found: Listed<T>): ToolFinding {
  const { document, variables, filter, rows, total } = found;
  const outcomes = outcomesOf(found.answered, (cluster) => found.asOf(cluster) !== null);
  const asOf = found.answered.map(({ cluster }) => found.asOf(cluster));
  requireAnswer(outcomes);
  const coverage = coverageOf(outcomes);
  const shown = shownOf(rows);
  const cut = total > rows.length ? `, of which ${rows.length} are listed` : "";
  const words = total > 0 ? `: ${found.words.join("; ")}` : "";
  return {
    summary: `${counted(total, found.noun)}${cut} in ${counted(coverage.answered, "cluster")}${words}.${coverage.sentence}`,
    result: { total, ...found.facts, [found.name]: shown, ...coverage.facts },
    full: total > shown.length ? fullOf(rows, total) : null,
    table: tableOf(rows, found.columns),
    sources: sourcesOf(outcomes, {
      language: "GRAPHQL",
      query: `${found.name} ${JSON.stringify(variables["pods"] ?? variables["events"])}`,
      at: kit.caller.now.toISOString(),
    }).map((source, index) => ({ ...source, at: asOf[index] ?? source.at })),
    operation: { document, variables: { ...variables, filter, page: 1, pageSize: 100 } },
  };
}

const STATUS: Readonly<Record<string, string>> = {
  UPSTREAM_TIMEOUT: "TIMEOUT",
  NO_ENDPOINT: "SKIPPED",
  CIRCUIT_OPEN: "SKIPPED",
};

/** As the fields that ask many tell it. @param hasAnswer whether what was asked is there */
const outcomesOf = <T extends { id: string; name: string }>(
  clusters: readonly AnsweredCluster<T>[],
  hasAnswer: (cluster: T) => boolean,
): Outcome[] =>
  clusters.map(({ cluster, problem }) => ({
    clusterId: cluster.id,
    clusterName: cluster.name,
    status: hasAnswer(cluster) ? "SUCCESS" : (STATUS[problem?.code ?? ""] ?? "ERROR"),
    error: problem ?? (hasAnswer(cluster) ? null : { code: "SUBGRAPH_UNAVAILABLE", message: "There is no answer." }),
  }));
