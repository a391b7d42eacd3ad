import type { GpuPool } from "../../shared/upstreams/kubernetes/gpu-pools.ts";
import { gpusOfNode } from "../../shared/upstreams/kubernetes/node-gpus.ts";
import type { NodeObject } from "../../shared/upstreams/kubernetes/objects/node.ts";
import type { DeviceReading } from "./device.mapper.ts";
import type { NodeResources } from "./kube-state.mapper.ts";

/** How a node's devices that are not divided are given to pods. */
export type Sharing = "WHOLE" | "TIME_SLICED" | "MPS";

/** What a node's GPUs should be, whether or not they are seen. */
export interface NodeFacts {
  /** Null where nobody can say. */
  expected: number | null;
  sharing: Sharing | null;
  /** Why something is not known. */
  reason: string | null;
}

type Described = Pick<NodeObject, "capacity" | "labels">;
type Seen = readonly Pick<DeviceReading, "instances">[];

const GPU = "nvidia.com/gpu";
const STRATEGIES: Readonly<Record<string, Sharing>> = { none: "WHOLE", "time-slicing": "TIME_SLICED", mps: "MPS" };

/**
 * From what kube-state-metrics told, where that is enough: its labels, or as many GPUs (or parts of them) offered as are seen, which
 * leaves none to be missing or shared. Null where Kubernetes has to be asked.
 */
export function factsByMetrics(seen: Seen, resources: NodeResources | undefined): NodeFacts | null {
  if (!resources || Object.keys(resources.capacity).length === 0) return null;
  const node = described(resources);
  if (resources.labels) return factsOf(seen, node, []);
  const offered = Object.values(node.capacity).reduce((sum, count) => sum + Number(count), 0);
  const given = seen.reduce((sum, { instances }) => sum + Math.max(1, instances.length), 0);
  return offered === given ? { expected: seen.length, sharing: "WHOLE", reason: null } : null;
}

/** From what Kubernetes has of the node, and of its pools of devices. Without such a node, nobody knows. */
export function factsByKubernetes(seen: Seen, node: Described | undefined, pools: readonly GpuPool[]): NodeFacts {
  if (node) return factsOf(seen, node, pools);
  return { expected: null, sharing: null, reason: "Kubernetes has no such node." };
}

function factsOf(seen: Seen, node: Described, pools: readonly GpuPool[]): NodeFacts {
  const { labels } = node;
  const strategy = labels[`${GPU}.sharing-strategy`];
  const plain = labels[`${GPU}.count`] && Number(labels[`${GPU}.replicas`] ?? 1) <= 1;
  const sharing = STRATEGIES[strategy ?? ""] ?? (plain || pools.length > 0 ? "WHOLE" : null);
  const pooled = pools.reduce((sum, { products }) => sum + products.length, 0);
  const counted = gpusOfNode(node).reduce((sum, { count }) => sum + count, 0);
  if (labels[`${GPU}.product`]?.includes("-MIG-")) {
    // Where all GPUs are divided alike, it is their parts that are counted everywhere.
    const parts = seen.reduce((sum, { instances }) => sum + instances.length, 0);
    if (parts === counted) return { expected: seen.length, sharing, reason: null };
    return { expected: null, sharing, reason: `The node offers ${counted} parts of GPUs, and ${parts} are seen.` };
  }
  // What the kubelet offers shrinks when a device is lost: what the labels tell, not until they are made anew.
  const expected = Math.max(pooled, counted, Number(labels[`${GPU}.count`]) || 0);
  if (expected > 0)
    return { expected, sharing, reason: sharing ? null : "Its labels do not tell how GPUs are shared." };
  return { expected: null, sharing, reason: "The node's capacity and labels tell of no GPUs." };
}

/** In Kubernetes' notation again, as far as GPUs go. */
function described({ capacity, labels }: NodeResources): Described {
  const resource = (name: string): string =>
    name
      .replace(/^nvidia_com_mig_/, "nvidia.com/mig-")
      .replace(/^nvidia_com_gpu_shared$/, `${GPU}.shared`)
      .replace(/^(nvidia|amd)_com_gpu$/, "$1.com/gpu")
      .replace("habana_ai_gaudi", "habana.ai/gaudi");
  const label = (name: string): string =>
    name.replace("sharing_strategy", "sharing-strategy").replace(/^nvidia_com_gpu_/, `${GPU}.`);
  const renamed = (from: object, name: (key: string) => string): Record<string, string> =>
    Object.fromEntries(Object.entries(from).map(([key, value]) => [name(key), String(value)]));
  return { capacity: renamed(capacity, resource), labels: renamed(labels ?? {}, label) };
}
