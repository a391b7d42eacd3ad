import { toGpu, toNode } from "./gpu.mapper.ts";
import type { GPU } from "./gpu.type.ts";
import type { GPUNode } from "./gpu-node.type.ts";
import type { NodesContext } from "./nodes.context.ts";

/** A reference is a claim: who may see the cluster is asked again, and the device has to be there. */
export const gpuNodeReference = async (
  { clusterId, nodeName }: Pick<GPUNode, "clusterId" | "nodeName">,
  { gpus }: NodesContext,
): Promise<GPUNode | null> => {
  const node = await gpus.node(clusterId, nodeName);
  return node && toNode(node);
};

export const gpuReference = async (
  { clusterId, uuid }: Pick<GPU, "uuid"> & Partial<Pick<GPU, "clusterId">>,
  { gpus, gpuByUuid }: NodesContext,
): Promise<GPU | null> => {
  const nodes = clusterId ? await gpus.ofCluster(clusterId) : null;
  const its = nodes?.find(({ devices }) => devices.some((device) => device.uuid === uuid));
  const node = clusterId ? its : await gpuByUuid.load(uuid);
  const merged = node && (await gpus.devices(node)).find(({ device }) => device.uuid === uuid);
  return merged ? toGpu(merged) : null;
};
