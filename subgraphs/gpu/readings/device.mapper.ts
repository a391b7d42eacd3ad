import type { SmiValues } from "../../shared/upstreams/nvidia-smi/query.ts";

/** Who told a value. */
export type Source = "DCGM_EXPORTER" | "AMD_EXPORTER" | "GAUDI_EXPORTER" | "NVIDIA_SMI" | "KUBERNETES";

/** What is measured of a device; what is unknown is left out. */
export type Values = Partial<SmiValues>;
export type ValueName = keyof SmiValues;

export interface PodName {
  namespace: string;
  name: string;
}

/** A part of a device that pods are given by itself. */
export interface InstanceReading {
  id: number;
  profile: string | null;
  values: Values;
  pods: PodName[];
}

/** A device as one source told of it, at the reading's time. */
export interface DeviceReading {
  /** Where a device tells none, its node and its place there: "gpu-node-1/3". */
  uuid: string;
  node: string;
  index: number | null;
  name: string | null;
  vendor: "NVIDIA" | "AMD" | "INTEL";
  driverVersion: string | null;
  /** Its address on its node's bus, as told. */
  pciBusId?: string | null;
  source: Source;
  /** The device's own: those of its instances are theirs. */
  values: Values;
  instances: InstanceReading[];
  /** The pods that have all of it, or share it; those of its instances are theirs. */
  pods: PodName[];
  /** Whether a resource claim has it, or a part of it; null where that is not known, absent where no driver offers it so. */
  claimed?: boolean | null;
  /** Who told its pods, where that was not its source. */
  podsBy?: Source;
  /** What its health shows in, as told: by metric, and where a device has several, by metric and which (an XID, a port). */
  signals: Record<string, number>;
}

/** What a series says of which device it is. */
export interface Identity {
  /** Unique on its node. */
  key: string;
  uuid: string | null;
  index: number | null;
  name: string | null;
  driverVersion: string | null;
  pciBusId?: string | null;
  instance: Pick<InstanceReading, "id" | "profile"> | null;
  /** Whether all it tells is the instance's own. */
  tellsInstance?: boolean;
}

export type Labels = Readonly<Record<string, string | undefined>>;

const HIGHEST: Readonly<Record<ValueName, number>> = {
  memoryTotalMb: 2 ** 30,
  memoryUsedMb: 2 ** 30,
  memoryFreeMb: 2 ** 30,
  utilizationGpuPercent: 100,
  utilizationMemoryPercent: 100,
  temperatureCelsius: 500,
  powerDrawWatts: 50_000,
  powerLimitWatts: 50_000,
  fanSpeedPercent: 100,
};
export const VALUE_NAMES = Object.keys(HIGHEST) as ValueName[];

/** Whether it can be: exporters also write NaN, and numbers at the end of their range, for what they do not know. */
export const plausible = (field: ValueName, value: number): boolean => value >= 0 && value <= HIGHEST[field];

/** Of an exporter, and no workload: the target's own labels stand where an idle device has none. */
const EXPORTER = /exporter|dcgm/i;

/** The pod that a series is about. What Prometheus calls exported was the series' own label; before that name, there was another. */
export function podOf(labels: Labels): PodName | null {
  const [name, namespace] = labels["exported_pod"]
    ? [labels["exported_pod"], labels["exported_namespace"]]
    : labels["pod_name"]
      ? [labels["pod_name"], labels["pod_namespace"]]
      : EXPORTER.test(labels["container"] || labels["pod"] || "")
        ? []
        : [labels["pod"], labels["namespace"]];
  return name && namespace ? { name, namespace } : null;
}

/** The Kubernetes node that a series is about; by its address where nothing names it. */
export const nodeOf = (labels: Labels): string =>
  labels["node"] ||
  labels["kubernetes_node"] ||
  labels["Hostname"] ||
  labels["hostname"] ||
  (labels["instance"] ?? "").replace(/:\d+$/, "");

export const numberOf = (text: string | undefined): number | null =>
  text && /^\d{1,6}$/.test(text) ? Number(text) : null;

export const samePod = (a: PodName, b: PodName): boolean => a.name === b.name && a.namespace === b.namespace;
