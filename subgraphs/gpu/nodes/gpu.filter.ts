import type { DeviceReading } from "../readings/device.mapper.ts";
import type { GPUMode } from "./gpu-enums.type.ts";
import { activityOf, isAllocated, type NodeReading } from "./node-reading.mapper.ts";

export interface DeviceFilter {
  model?: string | null;
  namespaces?: readonly string[] | null;
  modes?: readonly GPUMode[] | null;
  minUtilization?: number | null;
  allocated?: boolean | null;
  idle?: boolean | null;
}

/** In percent: below, it does nothing. */
export const ACTIVE_PERCENT = 1;

/** Whether a filter is about devices at all. */
export const filtersDevices = ({ model, namespaces, modes, minUtilization, allocated, idle }: DeviceFilter): boolean =>
  Boolean(model || namespaces?.length || modes?.length) ||
  [minUtilization, allocated, idle].some((part) => part !== null && part !== undefined);

/** @param mode asked for only where the filter is about it. */
export function matches(
  filter: DeviceFilter,
  device: DeviceReading,
  node: NodeReading,
  mode: () => GPUMode | null,
): boolean {
  const { model, namespaces, modes, minUtilization, allocated, idle } = filter;
  const pods = [...device.pods, ...device.instances.flatMap((instance) => instance.pods)];
  const activity = activityOf(device);
  const given = isAllocated(device, node);
  const still = activity === null || given === null ? null : given && activity < ACTIVE_PERCENT;
  const is = (wanted: boolean | null | undefined, known: boolean | null): boolean =>
    wanted === null || wanted === undefined || wanted === known;
  return (
    (!model || (device.name?.toLowerCase().includes(model.toLowerCase()) ?? false)) &&
    (!namespaces?.length || pods.some(({ namespace }) => namespaces.includes(namespace))) &&
    (typeof minUtilization !== "number" || (activity !== null && activity >= minUtilization)) &&
    is(allocated, given) &&
    is(idle, still) &&
    (!modes?.length || modes.includes(mode() as GPUMode))
  );
}
