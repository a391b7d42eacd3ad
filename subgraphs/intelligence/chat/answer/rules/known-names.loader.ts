import { z } from "zod";
import { CodedError } from "../../../../shared/kernel/errors.ts";
import { firstProblem, type Graph } from "../../../../shared/kernel/graph.ts";
import type { AnswerRequest } from "../answer.ts";

export interface KnownCluster {
  id: string;
  name: string;
  displayName: string | null;
  environment: string;
}

/** What the asking user may speak of: names that a question can mean. */
export interface KnownNames {
  clusters: readonly KnownCluster[];
  /** Null where nobody could tell. */
  namespaces: ReadonlySet<string> | null;
  /** Of words that may be names, whether something that runs is called like that. */
  running: ReadonlyMap<string, boolean>;
}

const PAGE = 100;
const MOST_PAGES = 10;
/** Namespaces are read from clusters; of a large fleet, only where the question names some. */
const MOST_ASKED = 10;
const MOST_WORDS = 8;
const MOST_ALIKE = 20;

const Clusters = z.object({
  clusters: z.object({
    totalPages: z.number(),
    items: z.array(
      z.object({ id: z.string(), name: z.string(), displayName: z.string().nullable(), environment: z.string() }),
    ),
  }),
});
const Told = z.object({
  clusters: z.object({
    items: z.array(
      z
        .object({ namespaces: z.array(z.object({ name: z.string() })).nullable() })
        .catchall(z.object({ items: z.array(z.object({ name: z.string() })) }).nullable()),
    ),
  }),
});
const CLUSTERS = `query AssistantClusters($ids: [UUID!], $page: Int!) {
  clusters(filter: { ids: $ids }, page: $page, pageSize: ${PAGE}) { totalPages items { id name displayName environment } }
}`;
type Asker = Pick<AnswerRequest, "identity" | "requestId" | "clusters">;

/**
 * The clusters that the user may see, within the conversation's.
 * @throws what the graph answers with where it does not tell: no cluster is denied that there may be
 */
export async function loadClusters(graph: Graph, asker: Asker, signal: AbortSignal): Promise<KnownCluster[]> {
  const { identity, requestId, clusters: ids } = asker;
  const found: KnownCluster[] = [];
  for (let page = 1; page <= MOST_PAGES; page++) {
    const variables = { ids, page };
    const told = await graph.ask({ document: CLUSTERS, variables, identity, requestId, signal });
    const answered = Clusters.safeParse(told.data);
    if (!answered.success)
      throw firstProblem(told) ?? new CodedError("INTERNAL_SERVER_ERROR", "The clusters could not be read.");
    const { items, totalPages } = answered.data.clusters;
    found.push(...items);
    if (page >= totalPages) break;
  }
  return found;
}

/** The namespaces of these clusters, and which of the words are names there; of too many clusters, nothing. */
export async function loadNames(
  graph: Graph,
  asker: Asker,
  { clusters, words }: { clusters: readonly KnownCluster[]; words: readonly string[] },
  signal: AbortSignal,
): Promise<Omit<KnownNames, "clusters">> {
  const unknown = { namespaces: null, running: new Map<string, boolean>() };
  if (clusters.length === 0 || clusters.length > MOST_ASKED) return unknown;
  const { identity, requestId } = asker;
  const asked = words.slice(0, MOST_WORDS).map((word, index) => ({ word, key: `w${index}` }));
  const document = `query AssistantNames(${["$ids: [UUID!]", ...asked.map(({ key }) => `$${key}: String!`)].join(", ")}) {
  clusters(filter: { ids: $ids }, pageSize: ${MOST_ASKED}) {
    items { namespaces { name } ${asked.map(({ key }) => `${key}: pods(filter: { nameContains: $${key} }, pageSize: ${MOST_ALIKE}) { items { name } }`).join(" ")} }
  }
}`;
  const variables = {
    ids: clusters.map(({ id }) => id),
    ...Object.fromEntries(asked.map(({ key, word }) => [key, word])),
  };
  const { data } = await graph.ask({ document, variables, identity, requestId, signal });
  const items = Told.safeParse(data).data?.clusters.items ?? [];
  const namespaces = items.flatMap((item) => item.namespaces ?? []);
  if (namespaces.length === 0) return unknown;
  const isRunning = (key: string, word: string): boolean =>
    items.some((item) => podsOf(item, key).some(({ name }) => name === word || name.startsWith(`${word}-`)));
  return {
    namespaces: new Set(namespaces.map(({ name }) => name)),
    running: new Map(asked.map(({ key, word }) => [word, isRunning(key, word)])),
  };
}

const podsOf = (item: object, key: string): readonly { name: string }[] =>
  (item as Record<string, { items: { name: string }[] } | null>)[key]?.items ?? [];
