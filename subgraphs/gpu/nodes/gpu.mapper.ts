import type { PodName, Values } from "../readings/device.mapper.ts";
import { samePod } from "../readings/device.mapper.ts";
import type { Sharing } from "../readings/node-facts.plan.ts";
import type { GPU, GPUInstance } from "./gpu.type.ts";
import type { GPUAttribution, GPUMode } from "./gpu-enums.type.ts";
import type { GPUNode } from "./gpu-node.type.ts";
import { driverOf, type MergedDevice, newest } from "./merged.mapper.ts";
import { isAllocated, type NodeReading } from "./node-reading.mapper.ts";

export const toNode = (reading: NodeReading): GPUNode => {
  const { target, name } = reading;
  return {
    reading,
    clusterId: target.id,
    clusterName: target.name,
    cluster: { id: target.id },
    nodeName: name,
    node: { clusterId: target.id, name },
    lastUpdated: reading.reading.observedAt,
  };
};

export function toGpu(merged: MergedDevice): GPU {
  const { node, device, smiGpu } = merged;
  const clusterId = node.target.id;
  const value = (field: keyof Values): number | null => newest(merged, field)?.value ?? null;
  const whole = (field: keyof Values): number | null => rounded(value(field));
  const pods = [...device.pods, ...device.instances.flatMap((instance) => instance.pods)];
  return {
    merged,
    clusterId,
    cluster: { id: clusterId },
    nodeName: node.name,
    uuid: device.uuid,
    index: device.index,
    name: device.name ?? smiGpu?.name ?? null,
    vendor: device.vendor,
    driverVersion: driverOf(merged),
    memoryTotalMb: whole("memoryTotalMb"),
    memoryUsedMb: whole("memoryUsedMb"),
    memoryFreeMb: whole("memoryFreeMb"),
    utilizationGpuPercent: whole("utilizationGpuPercent"),
    utilizationMemoryPercent: whole("utilizationMemoryPercent"),
    temperatureCelsius: whole("temperatureCelsius"),
    powerDrawWatts: value("powerDrawWatts"),
    powerLimitWatts: value("powerLimitWatts"),
    fanSpeedPercent: whole("fanSpeedPercent"),
    lastXid: device.signals["DCGM_FI_DEV_XID_ERRORS"] ?? null,
    allocated: isAllocated(device, node),
    instances: device.instances.map((instance) => toInstance(merged, instance)),
    pods: pods
      .filter((pod, index) => pods.findIndex((each) => samePod(each, pod)) === index)
      .map((pod) => toPod(clusterId, pod)),
  };
}

export const toPod = (clusterId: string, { namespace, name }: PodName) => ({ clusterId, namespace, name });

function toInstance(
  { node, smiGpu }: MergedDevice,
  { id, profile, values, pods }: MergedDevice["device"]["instances"][number],
): GPUInstance {
  const told = smiGpu?.instances.find(({ gpuInstanceId }) => gpuInstanceId === id);
  const [pod] = pods;
  return {
    instanceId: id,
    profile,
    memoryTotalMb: rounded(values.memoryTotalMb ?? told?.memoryTotalMb ?? null),
    memoryUsedMb: rounded(values.memoryUsedMb ?? told?.memoryUsedMb ?? null),
    utilizationGpuPercent: rounded(values.utilizationGpuPercent ?? null),
    pod: pod ? toPod(node.target.id, pod) : null,
  };
}

const rounded = (value: number | null): number | null => (value === null ? null : Math.round(value));

/** How a device is given to pods; null where nobody tells. */
export const modeOf = (
  { device, smiGpu }: Pick<MergedDevice, "device" | "smiGpu">,
  sharing: Sharing | null,
): GPUMode | null => (device.instances.length > 0 || smiGpu?.mig ? "MIG" : sharing);

/** Whose its values are; null where nobody tells, or one pod has a device of which nobody knows whether it is shared. */
export function attributionOf({ device, node }: MergedDevice, mode: GPUMode | null): GPUAttribution | null {
  const { pods, instances, source, claimed } = device;
  if (instances.some((instance) => instance.pods.length > 0)) return "INSTANCE";
  if (pods.length === 0) {
    const known = claimed === undefined ? node.reading.tellPods.has(source) : claimed !== null;
    return known ? "NONE" : null;
  }
  if (pods.length > 1 || mode === "TIME_SLICED" || mode === "MPS") return "DEVICE_SHARED";
  return mode === "WHOLE" ? "DEVICE" : null;
}
