import type { FleetClients } from "../../shared/fleet/clients.ts";
import { requireWhole, type Target } from "../../shared/fleet/directory.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { SharedAnswers } from "../../shared/kernel/shared-answers.ts";
import { readApiGroups } from "../../shared/upstreams/kubernetes/api-groups.ts";
import type { KubernetesClient } from "../../shared/upstreams/kubernetes/client.ts";
import { firstObjects } from "../../shared/upstreams/kubernetes/first-objects.ts";
import { type GpuPool, gpuPools, type PoolDevice } from "../../shared/upstreams/kubernetes/gpu-pools.ts";
import { gpusOfNode } from "../../shared/upstreams/kubernetes/node-gpus.ts";
import type { NodeObject } from "../../shared/upstreams/kubernetes/objects/node.ts";
import { NODES, resourceClaims, resourceSlices } from "../../shared/upstreams/kubernetes/resource.ts";
import { type ClaimedDevices, claimedDevices } from "./claims.mapper.ts";

/** Nodes and their devices change by hand: seldom. */
const FRESH_MS = 60_000;
const MAX_BYTES = 32 * 1024 * 1024;
const BYTES_PER_NODE = 4000;
const BYTES_PER_CLAIM = 500;
const MOST = { nodes: 5000, slices: 5000, claims: 20_000 };
const VERSIONS = ["v1", "v1beta2", "v1beta1"];

/** What Kubernetes has of a cluster's GPUs. */
export interface GpuInventory {
  /** Those that offer GPUs or are labelled to have some. */
  nodes: ReadonlyMap<string, GpuNode>;
  pools: readonly GpuPool[];
  /** What stands in pools that are not whole at the moment. */
  uncertain: readonly PoolDevice[];
  /** Of resource.k8s.io, as the server has it; null without. */
  version: string | null;
}

/** What claims have of a cluster's GPUs. */
export interface GpuClaims {
  claims: ClaimedDevices;
  /** Why some of it is not known. */
  gap: string | null;
}

const NONE: GpuClaims = { claims: new Map(), gap: null };

/** Nodes and pools of devices, as the API servers list them. */
export class GpuInventories {
  readonly #clients: Pick<FleetClients, "kubernetes">;
  readonly #reads = new SharedAnswers<GpuInventory>({
    ttlMs: FRESH_MS,
    maxBytes: MAX_BYTES,
    bytesOf: ({ nodes }) => nodes.size * BYTES_PER_NODE,
    keeps: () => true,
  });
  readonly #claims: SharedAnswers<GpuClaims>;

  /** @param claimsFreshMs how long claims are good for: they come and go with pods. */
  constructor(clients: Pick<FleetClients, "kubernetes">, claimsFreshMs: number) {
    this.#clients = clients;
    this.#claims = new SharedAnswers<GpuClaims>({
      ttlMs: claimsFreshMs,
      maxBytes: MAX_BYTES,
      bytesOf: ({ claims }) => claims.size * BYTES_PER_CLAIM,
      keeps: () => true,
    });
  }

  /** Of a cluster that the caller may see. @throws FORBIDDEN for whoever sees only some namespaces: nodes are of none. */
  async read(target: Target, signal: AbortSignal): Promise<GpuInventory> {
    requireWhole(target);
    const key = `${target.id} ${target.apiServerUrl} ${target.credentialsAt?.getTime()} ${target.as?.key}`;
    const { answer } = await this.#reads.get(key, "", signal, async (shared) => {
      const client = await this.#clients.kubernetes(target);
      const [nodes, offered] = await Promise.all([nodesOf(client, shared), poolsOf(client, shared)]);
      // Drivers offer devices also of nodes that say nothing of them.
      for (const { node } of offered.pools)
        if (node !== null && !nodes.has(node)) nodes.set(node, { capacity: {}, labels: {} });
      return { nodes, ...offered };
    });
    return answer;
  }

  /** What claims have of the GPUs that drivers offer in a cluster that the caller may see; nothing where none offers any. */
  async claims(target: Target, signal: AbortSignal): Promise<GpuClaims> {
    const { pools, uncertain, version } = await this.read(target, signal);
    if (version === null || pools.length + uncertain.length === 0) return NONE;
    const key = `${target.id} ${target.apiServerUrl} ${target.credentialsAt?.getTime()} ${target.as?.key}`;
    const { answer } = await this.#claims.get(key, "", signal, async (shared) => {
      const listed = await claimsOf(await this.#clients.kubernetes(target), version, shared);
      const part = uncertain.length === 0 ? null : "Not all slices of a pool of devices are there at the moment.";
      return { claims: claimedDevices({ pools, uncertain }, listed.claims), gap: listed.gap ?? part };
    });
    return answer;
  }
}

/** Of those that are left out, or cannot be read, each may have any of the devices. */
async function claimsOf(client: KubernetesClient, version: string, signal: AbortSignal) {
  try {
    const { objects, complete } = await firstObjects(
      client,
      resourceClaims(version),
      {},
      { most: MOST.claims, signal },
    );
    return complete
      ? { claims: objects, gap: null }
      : { claims: null, gap: `There are more than ${MOST.claims} of them.` };
  } catch (error) {
    if (error instanceof CodedError && !signal.aborted) return { claims: null, gap: error.message };
    throw error;
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
async function poolsOf(client: KubernetesClient, signal: AbortSignal): Promise<Omit<GpuInventory, "nodes">> {
  try {
    const served = (await readApiGroups(client, { signal })).get("resource.k8s.io") ?? [];
    const version = VERSIONS.find((candidate) => served.includes(candidate)) ?? null;
    if (version === null) return { pools: [], uncertain: [], version };
    const { objects } = await firstObjects(client, resourceSlices(version), {}, { most: MOST.slices, signal });
    const { pools, uncertain } = gpuPools(objects);
    return { pools, uncertain, version };
  } catch (error) {
    if (error instanceof CodedError && [403, 404].includes(Number(error.details?.["status"]))) {
      return { pools: [], uncertain: [], version: null };
    }
    throw error;
  }
}
