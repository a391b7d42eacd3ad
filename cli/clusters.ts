import { z } from "zod";
import type { Api } from "./api.ts";
import { CommandError } from "./terminal.ts";

export const STATES = ["ONLINE", "DEGRADED", "OFFLINE", "UNKNOWN", "PROVISIONING"] as const;
export const TYPES = ["HUB", "SPOKE", "EDGE", "FAR_EDGE"] as const;
export const PLATFORMS = ["OPENSHIFT", "KUBERNETES", "MICROSHIFT"] as const;
export const ENVIRONMENTS = ["PRODUCTION", "STAGING", "DEVELOPMENT", "LAB"] as const;

const PAGE_SIZE = 100;

const Cluster = z.object({
  id: z.string(),
  name: z.string(),
  displayName: z.string().nullable(),
  apiServerUrl: z.string(),
  clusterType: z.string(),
  platform: z.string(),
  platformVersion: z.string().nullable(),
  region: z.string().nullable(),
  environment: z.string(),
  labels: z.record(z.string(), z.string()),
  lastSeenAt: z.string().nullable(),
  status: z.object({ state: z.string(), healthScore: z.number().nullable(), lastError: z.string().nullable() }),
});
export type Cluster = z.output<typeof Cluster>;
const Page = z.object({ clusters: z.object({ totalPages: z.number(), items: z.array(Cluster) }) });
const Found = z.object({ cluster: z.object({ id: z.string() }).nullable() });

const LIST = `query CliClusters($filter: ClusterFilterInput, $page: Int!) {
  clusters(filter: $filter, page: $page, pageSize: ${PAGE_SIZE}) {
    totalPages
    items {
      id name displayName apiServerUrl clusterType platform platformVersion region environment labels lastSeenAt
      status { state healthScore lastError }
    }
  }
}`;
const FIND = "query CliCluster($name: String!) { cluster(name: $name) { id } }";

/** Every cluster that the filter selects, by name. */
export async function allClusters(
  api: Api,
  filter: { labelSelector?: string; states?: readonly string[] } = {},
): Promise<Cluster[]> {
  const found = new Map<string, Cluster>();
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const { clusters } = await api.ask(Page, LIST, { filter, page });
    // One that moved to a later page in the meantime comes twice.
    for (const cluster of clusters.items) found.set(cluster.id, cluster);
    pages = clusters.totalPages;
  }
  return [...found.values()];
}

/** @throws CommandError where there is none to be seen. */
export async function clusterId(api: Api, name: string): Promise<string> {
  const { cluster } = await api.ask(Found, FIND, { name });
  if (!cluster) throw new CommandError(`No cluster named ${JSON.stringify(name)} is registered.`);
  return cluster.id;
}
