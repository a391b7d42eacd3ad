import type { PodName } from "../readings/device.mapper.ts";
import { toPod } from "./gpu.mapper.ts";
import type { GPUMode } from "./gpu-enums.type.ts";
import type { GPUProcess } from "./gpu-process.type.ts";
import type { MergedDevice } from "./merged.mapper.ts";

/** By process id; null where they are not known. */
export function toProcesses({ node, device, smiGpu }: MergedDevice, mode: GPUMode | null): GPUProcess[] | null {
  const clusterId = node.target.id;
  const ownerOf = (instanceId: number | null): PodName | undefined => {
    if (mode === "WHOLE") return device.pods.length === 1 ? device.pods[0] : undefined;
    const pods = mode === "MIG" ? device.instances.find(({ id }) => id === instanceId)?.pods : undefined;
    return pods?.length === 1 ? pods[0] : undefined;
  };
  const processes = smiGpu?.processes?.map(({ pid, name, usedMemoryMb, type, gpuInstanceId }) => {
    const owner = ownerOf(gpuInstanceId);
    return {
      clusterId,
      nodeName: node.name,
      gpuUuid: device.uuid,
      instanceId: gpuInstanceId,
      pid,
      processName: name,
      usedMemoryMb,
      type,
      pod: owner ? toPod(clusterId, owner) : null,
    };
  });
  return processes?.sort((a, b) => a.pid - b.pid) ?? null;
}
