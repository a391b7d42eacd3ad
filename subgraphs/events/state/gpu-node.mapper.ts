import type { GpuNodeKey } from "./gpu-node.repository.ts";

/** A node's two names as one key; neither has a space. */
export const gpuNodeKey = ({ clusterId, nodeName }: GpuNodeKey): string => `${clusterId} ${nodeName}`;

export function gpuNodeOf(key: string): GpuNodeKey {
  const [clusterId = "", nodeName = ""] = key.split(" ");
  return { clusterId, nodeName };
}
