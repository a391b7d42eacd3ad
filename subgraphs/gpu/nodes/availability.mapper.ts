import { VALUE_NAMES, type ValueName } from "../readings/device.mapper.ts";
import type { FieldAvailability } from "./gpu.type.ts";
import type { GPUSource } from "./gpu-enums.type.ts";
import { driverOf, type MergedDevice, newest } from "./merged.mapper.ts";

/** What is known beside a device's values, with what it was asked for. */
export interface Answered {
  value: unknown;
  source: GPUSource;
  observedAt: Date | null;
  reason: string | null;
}

const NAMES: Readonly<Record<GPUSource, string>> = {
  DCGM_EXPORTER: "dcgm-exporter",
  AMD_EXPORTER: "AMD's exporter",
  GAUDI_EXPORTER: "Gaudi's exporter",
  NVIDIA_SMI: "nvidia-smi",
  KUBERNETES: "Kubernetes",
};

/** Of every field that may be unknown. */
export function availabilityOf(
  merged: MergedDevice,
  others: { cudaVersion: Answered; mode: Answered },
): FieldAvailability[] {
  const { device, smiGpu, smi, node } = merged;
  const smiAt = "reading" in smi ? smi.reading.observedAt : null;
  const exporterAt = device.source === "NVIDIA_SMI" ? smiAt : node.reading.observedAt;
  const values = VALUE_NAMES.map((field) => {
    const found = newest(merged, field);
    return found
      ? known(field, found.told.source, found.told.observedAt)
      : unknown(field, sentences(silence(merged, field), without(merged)));
  });
  return [
    ...values,
    driver(merged, exporterAt, smiAt),
    answered("cudaVersion", others.cudaVersion),
    answered("mode", others.mode),
    device.signals["DCGM_FI_DEV_XID_ERRORS"] === undefined
      ? unknown("lastXid", "No exporter tells it.")
      : known("lastXid", device.source, exporterAt),
    pods(merged, exporterAt),
    smiGpu?.processes
      ? known("processes", "NVIDIA_SMI", smiAt)
      : unknown("processes", without(merged) ?? "nvidia-smi does not see the node's processes from where it runs."),
  ];
}

function driver(merged: MergedDevice, exporterAt: Date | null, smiAt: Date | null): FieldAvailability {
  if (merged.device.driverVersion !== null) return known("driverVersion", merged.device.source, exporterAt);
  if (driverOf(merged) !== null) return known("driverVersion", "NVIDIA_SMI", smiAt);
  return unknown("driverVersion", sentences(`${NAMES[merged.device.source]} does not tell it.`, without(merged)));
}

function pods({ device, node }: MergedDevice, at: Date | null): FieldAvailability {
  const some = device.pods.length > 0 || device.instances.some((instance) => instance.pods.length > 0);
  if (device.claimed === null && !some)
    return unknown("pods", "A driver offers it to resource claims, and these are not known.");
  if (device.podsBy) return known("pods", device.podsBy, node.reading.observedAt);
  if (some || node.reading.tellPods.has(device.source)) return known("pods", device.source, at);
  return unknown("pods", `${NAMES[device.source]} tells of no pod in this cluster.`);
}

/** Why the sources that answered do not tell a value. */
function silence({ device, told, smiGpu }: MergedDevice, field: ValueName): string {
  const said = smiGpu?.unknown[field];
  if (said) return said === "not told" ? "nvidia-smi does not tell it." : `nvidia-smi says ${JSON.stringify(said)}.`;
  if (device.instances.length > 0) return "Of a GPU that is divided only the instances are measured so.";
  return `${NAMES[told[0]?.source ?? device.source]} does not tell it.`;
}

/** Why nvidia-smi is not among the sources. */
function without({ device, smi }: MergedDevice): string | null {
  if (device.vendor !== "NVIDIA") return "nvidia-smi knows only NVIDIA's devices.";
  return "reason" in smi ? smi.reason : null;
}

const sentences = (...parts: (string | null)[]): string => parts.filter((part) => part !== null).join(" ");

const known = (field: string, source: GPUSource, observedAt: Date | null): FieldAvailability => ({
  field,
  available: true,
  source,
  observedAt,
  reason: null,
});

const unknown = (field: string, reason: string): FieldAvailability => ({
  field,
  available: false,
  source: null,
  observedAt: null,
  reason,
});

const answered = (field: string, { value, source, observedAt, reason }: Answered): FieldAvailability =>
  value === null ? unknown(field, reason ?? "Nobody tells it.") : known(field, source, observedAt);
