import type { NodeObject } from "./objects/node.ts";

type Facts = Pick<NodeObject, "capacity" | "labels">;

/** What of a node's GPUs its kubelet offers, or else its labels alone tell. */
export interface NodeGpus {
  vendor: string;
  product: string;
  count: number;
  /** Extended resource or label that it was read from. */
  source: string;
  /** Whether the kubelet offers them: labels also stand on nodes whose GPUs a DRA driver offers, or nobody yet. */
  offered: boolean;
}

/** The GPUs of a node by its extended resources and labels, at most one entry for each vendor. */
export const gpusOfNode = (node: Facts): NodeGpus[] =>
  [nvidia(node), simple(node, AMD), simple(node, GAUDI)].flatMap((gpus) => gpus ?? []);

const AMD = {
  vendor: "AMD",
  resource: "amd.com/gpu",
  labels: ["amd.com/gpu.product-name", "beta.amd.com/gpu.product-name"],
};
const GAUDI = { vendor: "Intel Gaudi", resource: "habana.ai/gaudi", labels: ["habana.ai/gaudi.product"] };

function simple({ capacity, labels }: Facts, { vendor, resource, labels: names }: typeof AMD): NodeGpus | null {
  const count = number(capacity[resource]);
  const label = names.map((name) => labels[name]).find(Boolean);
  return count > 0 ? { vendor, product: productName(label, vendor), count, source: resource, offered: true } : null;
}

const GPU = "nvidia.com/gpu";

/** https://docs.nvidia.com/datacenter/cloud-native/gpu-operator: what its feature discovery and device plugin say. */
function nvidia({ capacity, labels }: Facts): NodeGpus | null {
  const product = productName(labels[`${GPU}.product`]?.replace(/-(SHARED|MIG-.*)$/, ""), "NVIDIA");
  const found = { vendor: "NVIDIA", product };
  const labelled = Math.max(1, number(labels[`${GPU}.count`]));
  // A GPU that is shared is offered once for each replica, under its own name or under another.
  const replicas = Math.max(1, number(labels[`${GPU}.replicas`]));
  const renamed = number(capacity[`${GPU}.shared`]);
  const whole = number(capacity[GPU]);
  const count = renamed > 0 ? whole + Math.ceil(renamed / replicas) : Math.ceil(whole / replicas);
  // Of mixed partitions the kubelet offers each profile apart: only the label says of how many GPUs they are.
  const partitions = Object.keys(capacity).filter(
    (name) => name.startsWith("nvidia.com/mig-") && number(capacity[name]),
  );
  if (partitions.length > 0) {
    return { ...found, count: Math.max(count, labelled), source: "nvidia.com/mig-*", offered: true };
  }
  if (count > 0) return { ...found, count, source: GPU, offered: true };
  if (labels[`${GPU}.present`] !== "true") return null;
  return { ...found, count: labelled, source: `label ${GPU}.present`, offered: false };
}

/** Labels cannot hold spaces, and drivers write them as they like: one product has one name. */
export const productName = (text: string | null | undefined, vendor: string): string =>
  text?.replace(/[-_\s]+/g, " ").trim() || vendor;

const number = (text: string | undefined): number => {
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
};
