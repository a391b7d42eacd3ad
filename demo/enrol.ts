import { z } from "zod";
import type { DemoCluster } from "./fleet.ts";

/** Runs one GraphQL operation against the product. */
export type Execute = (
  query: string,
  variables: Record<string, unknown>,
) => Promise<{ data?: unknown; errors?: readonly { readonly message: string }[] }>;

const FIND = "query DemoFind($name: String) { cluster(name: $name) { id } }";
const REGISTER = "mutation DemoRegister($input: RegisterClusterInput!) { registerCluster(input: $input) { id } }";
const UPDATE =
  "mutation DemoUpdate($id: UUID!, $input: UpdateClusterInput!) { updateCluster(id: $id, input: $input) { id } }";
const LIST =
  'query DemoList($page: Int!) { clusters(filter: { labelSelector: "demo=true" }, page: $page, pageSize: 100) { totalPages items { id name } } }';
const DELETE = "mutation DemoDelete($id: UUID!) { deleteCluster(id: $id) { id } }";

const row = z.object({ id: z.string() });
const found = z.object({ cluster: row.nullable() });
const listed = z.object({
  clusters: z.object({ totalPages: z.number(), items: z.array(row.extend({ name: z.string() })) }),
});

async function run(execute: Execute, query: string, variables: Record<string, unknown>): Promise<unknown> {
  const { data, errors = [] } = await execute(query, variables);
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join("; "));
  return data;
}

async function enrol(cluster: DemoCluster, execute: Execute): Promise<void> {
  const { name, displayName, apiServerUrl, clusterType, platform, region, environment, labels } = cluster;
  // The platform's version is left out: the product finds it out itself.
  const input = {
    displayName,
    apiServerUrl,
    clusterType,
    platform,
    region,
    environment,
    labels,
    endpoints: {
      prometheusUrl: cluster.prometheusUrl,
      lokiUrl: cluster.lokiUrl,
      lokiTenant: cluster.lokiTenant,
      tempoUrl: cluster.tempoUrl,
      alertmanagerUrl: cluster.alertmanagerUrl,
    },
    credentials: { kubeconfig: cluster.kubeconfig },
  };
  const { cluster: known } = found.parse(await run(execute, FIND, { name }));
  if (known === null) await run(execute, REGISTER, { input: { name, ...input } });
  else await run(execute, UPDATE, { id: known.id, input });
}

/**
 * Registers the clusters through the product's API, or brings those it knows up to date, a few at a time. All are tried;
 * then the first failure is thrown, with its cluster's name and how many there were.
 */
export async function enrolFleet(
  clusters: readonly DemoCluster[],
  execute: Execute,
  { concurrency = 8 }: { concurrency?: number } = {},
): Promise<void> {
  const failures: { name: string; cause: unknown }[] = [];
  const waiting = clusters.values();
  const worker = async () => {
    // Workers share the iterator, so each cluster is taken once.
    for (const cluster of waiting) {
      try {
        await enrol(cluster, execute);
      } catch (cause) {
        failures.push({ name: cluster.name, cause });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, worker));
  const [first] = failures;
  if (first === undefined) return;
  const { name, cause } = first;
  const others = failures.length > 1 ? ` (and ${failures.length - 1} more clusters failed)` : "";
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new Error(`cluster ${name} could not be enrolled: ${why}${others}`, { cause });
}

/** Deletes the clusters with the label demo=true, but those named. Throws at the first that cannot be deleted. */
export async function withdrawDemo(
  execute: Execute,
  { except = [] }: { except?: readonly string[] } = {},
): Promise<void> {
  const leftover: string[] = [];
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const { items, totalPages } = listed.parse(await run(execute, LIST, { page })).clusters;
    leftover.push(...items.filter(({ name }) => !except.includes(name)).map(({ id }) => id));
    pages = totalPages;
  }
  for (const id of leftover) await run(execute, DELETE, { id });
}
