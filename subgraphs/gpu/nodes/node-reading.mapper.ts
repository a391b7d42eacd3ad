import type { DeviceReading } from "../readings/device.mapper.ts";
import type { ClusterReading } from "../readings/exporters.mapper.ts";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import type { NodeResources } from "../readings/kube-state.mapper.ts";

/** What is known of one node with GPUs. */
export interface NodeReading {
  target: GpuTarget;
  name: string;
  /** Of the whole cluster. */
  reading: ClusterReading;
  devices: readonly DeviceReading[];
  resources: NodeResources | undefined;
}

/** A cluster's nodes with GPUs, by name: those whose devices are told of, and those that offer some. */
export function nodesIn(target: GpuTarget, reading: ClusterReading): NodeReading[] {
  const devices = Map.groupBy(reading.devices, ({ node }) => node);
  return [...new Set([...devices.keys(), ...reading.nodes.keys()])].sort().map((name) => ({
    target,
    name,
    reading,
    devices: devices.get(name) ?? [],
    resources: reading.nodes.get(name),
  }));
}

/** Whether a pod or a resource claim has the device or a part of it; null where nobody tells. */
export function isAllocated(
  { pods, instances, source, claimed }: DeviceReading,
  { reading, resources }: NodeReading,
): boolean | null {
  if (pods.length > 0 || instances.some((instance) => instance.pods.length > 0)) return true;
  if (claimed !== undefined) return claimed;
  if (reading.tellPods.has(source)) return false;
  if (!resources || Object.keys(resources.capacity).length === 0) return null;
  // Which ones the pods of a node have, nobody tells; but whether all or none.
  const offered = Object.values(resources.capacity).reduce((sum, count) => sum + count, 0);
  return resources.requested === 0 ? false : resources.requested >= offered ? true : null;
}

/** How busy a device is: of one that is divided, as its busiest part. */
export function activityOf({ values, instances }: Pick<DeviceReading, "values" | "instances">): number | null {
  const parts = instances.flatMap((instance) => instance.values.utilizationGpuPercent ?? []);
  return values.utilizationGpuPercent ?? (parts.length > 0 ? Math.max(...parts) : null);
}
