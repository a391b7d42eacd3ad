import type { Sample } from "../../shared/upstreams/kubernetes/first-objects.ts";
import { type GpuPool, gpuPools } from "../../shared/upstreams/kubernetes/gpu-pools.ts";
import { gpusOfNode, type NodeGpus, productName } from "../../shared/upstreams/kubernetes/node-gpus.ts";
import type { NodeObject } from "../../shared/upstreams/kubernetes/objects/node.ts";
import type { ResourceSliceObject } from "../../shared/upstreams/kubernetes/objects/resource-slice.ts";
import { counted, type Finding, isUnreachable, type Look, missedFinding } from "./look.detector.ts";

/** Null where nobody knows. */
export interface GpuValues {
  hasGpuNodes: boolean | null;
  gpuCount: number | null;
  gpuTypes: string[];
}

export interface GpuDetection {
  /** Null where there was no answer this time: what was known stands. */
  values: GpuValues | null;
  findings: Finding[];
}

/** GPUs of one node and vendor, or of one pool that belongs to no node. */
interface Place {
  node: NodeGpus | null;
  pool: GpuPool | null;
}

export const SLICES = "resourceslices.resource.k8s.io";

/**
 * GPUs by what the nodes offer and say of themselves, and by what drivers of dynamic resource allocation offer. A GPU that
 * both tell of counts once: of each node and vendor, what the kubelet offers stands before the driver's word, and that before
 * labels; the larger of the first two counts.
 */
export function detectGpus(nodes: Look<Sample<NodeObject>>, slices: Look<Sample<ResourceSliceObject>>): GpuDetection {
  const places = new Map<string, Place>();
  if ("seen" in nodes) {
    for (const node of nodes.seen.objects)
      for (const gpus of gpusOfNode(node)) places.set(`${node.name} ${gpus.vendor}`, { node: gpus, pool: null });
  }
  const drivers = gpuPools("seen" in slices ? slices.seen.objects : []);
  for (const pool of drivers.pools) {
    const key = pool.node === null ? `${pool.driver}/${pool.name}` : `${pool.node} ${pool.vendor}`;
    places.set(key, { node: places.get(key)?.node ?? null, pool });
  }
  const byNodes = new Map<string, number>();
  const byDrivers = new Map<string, number>();
  for (const place of places.values()) attribute(place, byNodes, byDrivers);

  const findings = [nodesFinding(nodes, byNodes), slicesFinding(slices, drivers, byDrivers)];
  if (isUnreachable(nodes) || isUnreachable(slices)) return { values: null, findings };
  const found = [...byNodes.values(), ...byDrivers.values()].reduce((sum, count) => sum + count, 0);
  const unknown = unread(nodes) || unread(slices) || drivers.incomplete > 0;
  return {
    values: {
      hasGpuNodes: found > 0 || (unknown ? null : false),
      gpuCount: "seen" in nodes && (found > 0 || !unknown) ? found : null,
      gpuTypes: [...new Set([...byNodes.keys(), ...byDrivers.keys()])].sort(),
    },
    findings,
  };
}

function attribute({ node, pool }: Place, byNodes: Map<string, number>, byDrivers: Map<string, number>): void {
  const offered = node?.offered ? node.count : 0;
  const counts = offered > 0 || !pool?.products.length ? node : null;
  if (counts) add(byNodes, counts.product, counts.count);
  for (const product of pool?.products.slice(offered) ?? []) {
    add(byDrivers, productName(product, pool?.vendor ?? ""), 1);
  }
}

const add = (counts: Map<string, number>, product: string, count: number): void =>
  void counts.set(product, (counts.get(product) ?? 0) + count);

/** What may hold GPUs, and was not read to its end. */
const unread = (look: Look<Sample<unknown>>): boolean =>
  "seen" in look ? !look.seen.complete : look.missed.status === "FORBIDDEN";

function nodesFinding(nodes: Look<Sample<NodeObject>>, found: ReadonlyMap<string, number>): Finding {
  if ("missed" in nodes) return missedFinding("GPU", "nodes", nodes.missed);
  const { objects, complete } = nodes.seen;
  const among = counted(objects, complete, "nodes");
  const sources = [...new Set(objects.flatMap((node) => gpusOfNode(node).map(({ source }) => source)))].sort();
  if (found.size === 0) {
    const detail =
      sources.length > 0
        ? `The drivers' slices tell of all that ${among} tell of.`
        : `None among capacity and labels of ${among}.`;
    return { capability: "GPU", status: "ABSENT", source: "nodes", detail };
  }
  const detail = `${listed(found)} among ${among}.`;
  return {
    capability: "GPU",
    status: "FOUND",
    source: `nodes: ${sources.join(", ")}`,
    detail,
    counts: toRecord(found),
  };
}

function slicesFinding(
  slices: Look<Sample<ResourceSliceObject>>,
  { pools, incomplete }: ReturnType<typeof gpuPools>,
  found: ReadonlyMap<string, number>,
): Finding {
  if ("missed" in slices) return missedFinding("GPU", SLICES, slices.missed);
  const among = counted(slices.seen.objects, slices.seen.complete, "slices");
  const left = incomplete > 0 ? ` Left out: ${incomplete} whose slices are not all there.` : "";
  if (pools.length === 0) {
    return {
      capability: "GPU",
      status: "ABSENT",
      source: SLICES,
      detail: `No complete pool of GPUs among ${among}.${left}`,
    };
  }
  const drivers = [...new Set(pools.map(({ driver }) => driver))].sort().join(", ");
  const beyond = found.size > 0 ? listed(found) : "none";
  const detail = `Pools of ${drivers}: ${pools.length}, with ${beyond} beyond what the nodes offer.${left}`;
  return { capability: "GPU", status: "FOUND", source: SLICES, detail, counts: toRecord(found) };
}

const listed = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .map(([product, count]) => `${count} ${product}`)
    .sort()
    .join(", ");

/** Object.fromEntries defines what it is given, whatever a label calls itself. */
const toRecord = (counts: ReadonlyMap<string, number>): Record<string, number> => Object.fromEntries(counts);
