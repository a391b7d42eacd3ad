import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { SharedAnswers } from "../../shared/kernel/shared-answers.ts";
import { readApiGroups } from "../../shared/upstreams/kubernetes/api-groups.ts";
import type { KubernetesClient } from "../../shared/upstreams/kubernetes/client.ts";
import { firstObjects } from "../../shared/upstreams/kubernetes/first-objects.ts";
import { type GpuPool, gpuPools } from "../../shared/upstreams/kubernetes/gpu-pools.ts";
import { gpusOfNode } from "../../shared/upstreams/kubernetes/node-gpus.ts";
import type { NodeObject } from "../../shared/upstreams/kubernetes/objects/node.ts";
import { NODES, resourceSlices } from "../../shared/upstreams/kubernetes/resource.ts";

/** Nodes and their devices change by hand: seldom. */
const FRESH_MS = 60_000;
const MAX_BYTES = 32 * 1024 * 1024;
const BYTES_PER_NODE = 4000;
const MOST = { nodes: 5000, slices: 5000 };
const SLICE_VERSIONS = ["v1", "v1beta2", "v1beta1"];

/** What Kubernetes has of a cluster's GPUs. */
export interface GpuInventory {
  /** Those that offer GPUs or are labelled to have some. */
  nodes: ReadonlyMap<string, GpuNode>;
  pools: readonly GpuPool[];
}

/** Nodes and pools of devices, as the API servers list them. */
export class GpuInventories {
  readonly #clients: Pick<FleetClients, "kubernetes">;
  readonly #reads = new SharedAnswers<GpuInventory>({
    ttlMs: FRESH_MS,
    maxBytes: MAX_BYTES,
    bytesOf: ({ nodes }) => nodes.size * BYTES_PER_NODE,
    keeps: () => true,
  });

  constructor(clients: Pick<FleetClients, "kubernetes">) {
    this.#clients = clients;
  }

  /** Of a cluster that the caller may see. */
  async read(target: Target, signal: AbortSignal): Promise<GpuInventory> {
    const key = `${target.id} ${target.apiServerUrl} ${target.credentialsAt?.getTime()}`;
    const { answer } = await this.#reads.get(key, "", signal, async (shared) => {
      const client = await this.#clients.kubernetes(target);
      const [nodes, pools] = await Promise.all([nodesOf(client, shared), poolsOf(client, shared)]);
      // Drivers offer devices also of nodes that say nothing of them.
      for (const { node } of pools)
        if (node !== null && !nodes.has(node)) nodes.set(node, { capacity: {}, labels: {} });
      return { nodes, pools };
    });
    return answer;
  }
}

type GpuNode = Pick<NodeObject, "capacity" | "labels">;
const ABOUT_GPUS = /^(nvidia\.com|(beta\.)?amd\.com|habana\.ai)\//;

async function nodesOf(client: KubernetesClient, signal: AbortSignal): Promise<Map<string, GpuNode>> {
  const { objects } = await firstObjects(client, NODES, {}, { most: MOST.nodes, signal });
  return new Map(
    objects.flatMap(({ name, capacity, labels }) => {
      const about = Object.entries(labels).filter(([label]) => ABOUT_GPUS.test(label));
      const node = { capacity, labels: Object.fromEntries(about) };
      return about.length > 0 || gpusOfNode(node).length > 0 ? [[name, node]] : [];
    }),
  );
}

/** None where the server does not know them, or does not let these credentials see them: nodes may tell enough. */
async function poolsOf(client: KubernetesClient, signal: AbortSignal): Promise<GpuPool[]> {
  try {
    const served = (await readApiGroups(client, { signal })).get("resource.k8s.io") ?? [];
    const version = SLICE_VERSIONS.find((candidate) => served.includes(candidate));
    if (version === undefined) return [];
    return gpuPools((await firstObjects(client, resourceSlices(version), {}, { most: MOST.slices, signal })).objects)
      .pools;
  } catch (error) {
    if (error instanceof CodedError && [403, 404].includes(Number(error.details?.["status"]))) return [];
    throw error;
  }
}
