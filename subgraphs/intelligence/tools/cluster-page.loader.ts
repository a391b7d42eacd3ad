import { z } from "zod";
import type { GraphAnswer } from "../../shared/kernel/graph.ts";
import { pagesOf } from "../../shared/kernel/page.ts";
import { askFor } from "./question.loader.ts";
import type { ToolKit } from "./tool.contract.ts";

const PAGE = 100;
const MOST_PAGES = 10;

/** A cluster, what was asked of it, and the problem where a field of it failed. */
export interface AnsweredCluster<T> {
  cluster: T;
  problem: { code: string; message: string } | null;
}

export interface AnsweredClusters<T> {
  clusters: AnsweredCluster<T>[];
  /** How many there are, also where not all of them were asked. */
  total: number;
}

/**
 * What is a field of each cluster, of all clusters in reach: page by page, a thousand at most.
 * @param document asks clusters(filter: $filter, page: $page, pageSize: $pageSize) { total items { ... } }
 */
export async function askClusters<T extends z.ZodType>(
  kit: ToolKit,
  {
    document,
    variables,
    filter,
    item,
    most = PAGE * MOST_PAGES,
  }: { document: string; variables: Record<string, unknown>; filter: object; item: T; most?: number },
): Promise<AnsweredClusters<z.output<T>>> {
  const answer = z.object({ clusters: z.object({ total: z.number(), items: z.array(item) }) });
  const pageSize = Math.min(PAGE, most);
  const page = async (number: number) => {
    const { data, errors } = await askFor(kit, {
      document,
      variables: { ...variables, filter, page: number, pageSize },
      answer,
    });
    const { items, total } = data.clusters;
    return { total, clusters: items.map((cluster, index) => ({ cluster, problem: problemAt(errors, index) })) };
  };
  const pages = await pagesOf(page, { size: pageSize, most });
  return { total: pages[0].total, clusters: pages.flatMap(({ clusters }) => clusters) };
}

function problemAt(errors: GraphAnswer["errors"], index: number): { code: string; message: string } | null {
  const error = errors.find(({ path }) => path?.[0] === "clusters" && path[2] === index);
  return error ? { code: error.extensions?.code ?? "INTERNAL_SERVER_ERROR", message: error.message } : null;
}
