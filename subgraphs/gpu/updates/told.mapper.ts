import type { GpuUpdatePayload } from "../../shared/kernel/bus/payloads.ts";
import { driverOf, type MergedDevice, newest } from "../nodes/merged.mapper.ts";
import type { ValueName } from "../readings/device.mapper.ts";

/** A device as it was last told of; what is unknown is null. This is what is kept of it. */
export interface ToldDevice {
  node: string;
  index: number | null;
  name: string | null;
  /** Its address on the bus, where somebody told it: by that, the kernel's log names it also once it is gone. */
  pciBusId?: string;
  /** Since when it is seen no more; null while it is. */
  missingSince: string | null;
  /** Since when nobody tells of its node; absent while somebody does. */
  unseenSince?: string;
  /** No exporter tells of it: it is seen only when nvidia-smi is run. */
  onlySmi?: true;
  utilization: number | null;
  memoryUsed: number | null;
  memoryTotal: number | null;
  temperature: number | null;
  power: number | null;
  /** As "namespace/name", sorted. */
  pods: string[];
  /** Process ids, sorted; null where nobody told. */
  pids: number[] | null;
}

/** By UUID. */
export type Collection = Readonly<Record<string, ToldDevice>>;

export function toTold(merged: MergedDevice): ToldDevice {
  const { device, smiGpu } = merged;
  const pciBusId = device.pciBusId ?? smiGpu?.pciBusId;
  const value = (field: ValueName): number | null => newest(merged, field)?.value ?? null;
  const pods = [...device.pods, ...device.instances.flatMap((instance) => instance.pods)];
  return {
    node: device.node,
    index: device.index,
    name: device.name,
    ...(pciBusId ? { pciBusId } : {}),
    missingSince: null,
    ...(device.source === "NVIDIA_SMI" ? { onlySmi: true as const } : {}),
    utilization: value("utilizationGpuPercent"),
    memoryUsed: value("memoryUsedMb"),
    memoryTotal: value("memoryTotalMb"),
    temperature: value("temperatureCelsius"),
    power: value("powerDrawWatts"),
    pods: [...new Set(pods.map(({ namespace, name }) => `${namespace}/${name}`))].sort(),
    pids: smiGpu?.processes ? [...new Set(smiGpu.processes.map(({ pid }) => pid))].sort((a, b) => a - b) : null,
  };
}

type Reading = GpuUpdatePayload["gpus"][number];

/** As it travels in an event, with the spec's names; beside what was told, what else is known now. */
export function toReading(uuid: string, told: ToldDevice, merged: MergedDevice | undefined): Reading {
  const [only, another] = told.pods;
  const [namespace = null, pod = null] = another === undefined ? (only?.split("/") ?? []) : [];
  const also = (field: ValueName): number | null => (merged ? (newest(merged, field)?.value ?? null) : null);
  return {
    uuid,
    index: told.index,
    name: told.name,
    presence: told.missingSince === null ? "PRESENT" : "MISSING",
    driver_version: merged ? driverOf(merged) : null,
    utilization_gpu_percent: told.utilization,
    utilization_memory_percent: also("utilizationMemoryPercent"),
    memory_total_mb: told.memoryTotal,
    memory_used_mb: told.memoryUsed,
    memory_free_mb: also("memoryFreeMb"),
    temperature_celsius: told.temperature,
    power_draw_watts: told.power,
    power_limit_watts: also("powerLimitWatts"),
    fan_speed_percent: also("fanSpeedPercent"),
    namespace,
    pod,
    pods: told.pods,
  };
}
