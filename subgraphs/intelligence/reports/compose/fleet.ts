import { z } from "zod";
import type { Questions } from "./questions.ts";

const PAGE = 100;
/** As many as a filter names. */
const MOST_CLUSTERS = 1000;
export const FLEET = "Clusters and their state";

const CLUSTERS = `query ReportClusters($filter: ClusterFilterInput, $page: Int!) {
  clusters(filter: $filter, page: $page, pageSize: ${PAGE}, orderBy: { field: NAME }) {
    total
    items {
      id name clusterType environment region platform platformVersion
      status { state since checkedAt healthScore lastError }
      capabilities { hasGpuNodes }
      credentials { expiresAt }
    }
  }
}`;

const Cluster = z.object({
  id: z.string(),
  name: z.string(),
  clusterType: z.string(),
  environment: z.string(),
  region: z.string().nullish(),
  platform: z.string(),
  platformVersion: z.string().nullish(),
  status: z.object({
    state: z.string(),
    since: z.string().nullish(),
    checkedAt: z.string().nullish(),
    healthScore: z.number().nullish(),
    lastError: z.string().nullish(),
  }),
  capabilities: z.object({ hasGpuNodes: z.boolean().nullish() }).nullish(),
  credentials: z.object({ expiresAt: z.string().nullish() }).nullish(),
});
const Clusters = z.object({ clusters: z.object({ total: z.number(), items: z.array(Cluster) }) });
export type FleetCluster = z.infer<typeof Cluster>;

/** The clusters that the report is about, by name. @throws what the graph says where they cannot be had */
export async function clustersOf(questions: Questions, ids: readonly string[]): Promise<FleetCluster[]> {
  const found: FleetCluster[] = [];
  const filter = ids.length > 0 ? { ids } : null;
  for (let page = 1; ; page += 1) {
    const variables = { filter, page };
    const { clusters } = await questions.require({ what: FLEET, document: CLUSTERS, variables, answer: Clusters });
    found.push(...clusters.items);
    if (page === 1) questions.expect(Math.min(Math.ceil(clusters.total / PAGE), MOST_CLUSTERS / PAGE) - 1);
    const end = clusters.items.length < PAGE || found.length >= clusters.total;
    if (end || found.length >= MOST_CLUSTERS) {
      if (found.length < clusters.total) {
        const reason = `The report is about the first ${found.length} of ${clusters.total} clusters by name.`;
        questions.missing(FLEET, { cluster: null, reason, code: "LIMIT_EXCEEDED" });
      }
      return found;
    }
  }
}
