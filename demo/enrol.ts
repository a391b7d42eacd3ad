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
const LIST = 'query DemoList { clusters(filter: { labelSelector: "demo=true" }, pageSize: 100) { items { id } } }';
const DELETE = "mutation DemoDelete($id: UUID!) { deleteCluster(id: $id) { id } }";

const row = z.object({ id: z.string() });
const found = z.object({ cluster: row.nullable() });
const listed = z.object({ clusters: z.object({ items: z.array(row) }) });

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
    endpoints: { prometheusUrl: cluster.prometheusUrl },
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

/** Deletes every cluster with the label demo=true. Throws at the first that cannot be deleted. */
export async function withdrawDemo(execute: Execute): Promise<void> {
  const seen = new Set<string>();
  for (;;) {
    const { items } = listed.parse(await run(execute, LIST, {})).clusters;
    const fresh = items.filter(({ id }) => !seen.has(id));
    if (fresh.length === 0) return;
    for (const { id } of fresh) {
      seen.add(id);
      await run(execute, DELETE, { id });
    }
  }
}
