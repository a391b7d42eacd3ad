import type { SmiGpu } from "../../shared/upstreams/nvidia-smi/query.ts";
import { withClaim } from "../readings/claims.mapper.ts";
import type { DeviceReading, InstanceReading, Source, ValueName, Values } from "../readings/device.mapper.ts";
import type { SmiReading } from "../smi/smi.watch.ts";
import type { NodeReading } from "./node-reading.mapper.ts";

/** What nvidia-smi told of a node, or why it did not. */
export type SmiState = { reading: SmiReading } | { reason: string };

/** What one source told of a device. */
export interface Told {
  source: Source;
  observedAt: Date;
  values: Values;
  /** What it said instead of a value. */
  unknown: Partial<Record<ValueName, string>>;
}

/** A device as all sources together tell of it. */
export interface MergedDevice {
  node: NodeReading;
  device: DeviceReading;
  /** The newest first. */
  told: readonly Told[];
  /** What nvidia-smi told of it, with its processes; and of the node, or why it did not. */
  smiGpu: SmiGpu | null;
  smi: SmiState;
}

/** By index. Devices that only nvidia-smi sees are among them. */
export function mergedDevices(node: NodeReading, smi: SmiState): MergedDevice[] {
  const reading = "reading" in smi ? smi.reading : null;
  const rest = new Set(reading?.log.gpus);
  const merged = node.devices.map((device): MergedDevice => {
    const smiGpu = device.vendor === "NVIDIA" ? ([...rest].find((gpu) => isSame(gpu, device)) ?? null) : null;
    if (smiGpu) rest.delete(smiGpu);
    const exported: Told = {
      source: device.source,
      observedAt: node.reading.observedAt,
      values: device.values,
      unknown: {},
    };
    return { node, device, told: newestFirst([exported, ...toldBy(smiGpu, reading)]), smiGpu, smi };
  });
  const others = [...rest].map(
    (smiGpu): MergedDevice => ({
      node,
      device: withClaim(deviceOf(smiGpu, node, reading), node.reading.claims),
      told: toldBy(smiGpu, reading),
      smiGpu,
      smi,
    }),
  );
  return [...merged, ...others].sort((a, b) => (a.device.index ?? Infinity) - (b.device.index ?? Infinity));
}

const isSame = (gpu: SmiGpu, { uuid, index }: DeviceReading): boolean =>
  gpu.uuid === null ? gpu.index === index : gpu.uuid === uuid;

const toldBy = (gpu: SmiGpu | null, reading: SmiReading | null): Told[] =>
  gpu && reading
    ? [{ source: "NVIDIA_SMI", observedAt: reading.observedAt, values: gpu.values, unknown: gpu.unknown }]
    : [];

const newestFirst = (told: Told[]): Told[] => told.sort((a, b) => b.observedAt.getTime() - a.observedAt.getTime());

function deviceOf(gpu: SmiGpu, { name: node }: NodeReading, reading: SmiReading | null): DeviceReading {
  return {
    uuid: gpu.uuid ?? `${node}/${gpu.index}`,
    node,
    index: gpu.index,
    name: gpu.name,
    vendor: "NVIDIA",
    driverVersion: reading?.log.driverVersion ?? null,
    pciBusId: gpu.pciBusId,
    source: "NVIDIA_SMI",
    values: gpu.values,
    instances: gpu.instances.map(instanceOf),
    pods: [],
    signals: {},
  };
}

const instanceOf = ({ gpuInstanceId, memoryTotalMb, memoryUsedMb }: SmiGpu["instances"][number]): InstanceReading => ({
  id: gpuInstanceId,
  profile: null,
  values: { ...(memoryTotalMb === null ? {} : { memoryTotalMb }), ...(memoryUsedMb === null ? {} : { memoryUsedMb }) },
  pods: [],
});

/** A value, and who told it. */
export interface Valued {
  value: number;
  told: Told;
}

const SUMMED: ReadonlySet<ValueName> = new Set(["memoryTotalMb", "memoryUsedMb", "memoryFreeMb"]);

/** The newest word on a value. Of a device that is divided, memory is that of its instances where nobody tells the whole. */
export function newest({ device, told }: MergedDevice, field: ValueName): Valued | null {
  for (const each of told) {
    const value = each.values[field];
    if (value !== undefined) return { value, told: each };
  }
  const [first] = told;
  if (!SUMMED.has(field) || !first || device.instances.length === 0) return null;
  const parts = device.instances.map(({ values }) => values[field]);
  const value = parts.reduce<number>((sum, part) => sum + (part ?? Number.NaN), 0);
  return Number.isNaN(value) ? null : { value, told: first };
}

export const driverOf = ({ device, smi }: MergedDevice): string | null =>
  device.driverVersion ?? ("reading" in smi ? smi.reading.log.driverVersion : null);
