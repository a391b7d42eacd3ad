import { CodedError } from "../../kernel/errors.ts";
import { type Element, elementsAt, readElement, textAt } from "./xml.ts";

/** What a GPU measures, each in the unit of its name. Memory is in MiB. */
export interface SmiValues {
  memoryTotalMb: number;
  memoryUsedMb: number;
  memoryFreeMb: number;
  utilizationGpuPercent: number;
  utilizationMemoryPercent: number;
  temperatureCelsius: number;
  powerDrawWatts: number;
  powerLimitWatts: number;
  fanSpeedPercent: number;
}

export interface SmiProcess {
  pid: number;
  name: string | null;
  usedMemoryMb: number | null;
  type: "COMPUTE" | "GRAPHICS" | "MIXED" | null;
  /** The MIG instance it runs in, on a GPU that is divided. */
  gpuInstanceId: number | null;
}

export interface SmiInstance {
  gpuInstanceId: number;
  memoryTotalMb: number | null;
  memoryUsedMb: number | null;
}

export interface SmiGpu {
  /** Null where even that cannot be read. */
  uuid: string | null;
  /** NVML's: its place among the node's GPUs by bus address. */
  index: number;
  name: string | null;
  pciBusId: string | null;
  /** Null for a GPU that cannot be divided. */
  mig: boolean | null;
  values: Partial<SmiValues>;
  /** What nvidia-smi says instead of a value, such as "N/A". */
  unknown: Partial<Record<keyof SmiValues, string>>;
  instances: SmiInstance[];
  /** Null where they cannot be listed. */
  processes: SmiProcess[] | null;
}

export interface SmiLog {
  driverVersion: string | null;
  cudaVersion: string | null;
  gpus: SmiGpu[];
  /** Bus addresses of GPUs that are there and do not answer any more. */
  lost: string[];
}

/** Where each value stands, newest first: the names changed with the versions of nvidia-smi. */
const VALUES: Readonly<Record<keyof SmiValues, { unit: string; paths: readonly (readonly string[])[] }>> = {
  memoryTotalMb: { unit: "MiB", paths: [["fb_memory_usage", "total"]] },
  memoryUsedMb: { unit: "MiB", paths: [["fb_memory_usage", "used"]] },
  memoryFreeMb: { unit: "MiB", paths: [["fb_memory_usage", "free"]] },
  utilizationGpuPercent: { unit: "%", paths: [["utilization", "gpu_util"]] },
  utilizationMemoryPercent: { unit: "%", paths: [["utilization", "memory_util"]] },
  temperatureCelsius: { unit: "C", paths: [["temperature", "gpu_temp"]] },
  powerDrawWatts: {
    unit: "W",
    paths: [
      ["gpu_power_readings", "average_power_draw"],
      ["gpu_power_readings", "power_draw"],
      ["gpu_power_readings", "instant_power_draw"],
      ["power_readings", "power_draw"],
    ],
  },
  powerLimitWatts: {
    unit: "W",
    paths: [
      ["gpu_power_readings", "current_power_limit"],
      ["gpu_power_readings", "power_limit"],
      ["power_readings", "enforced_power_limit"],
      ["power_readings", "power_limit"],
    ],
  },
  fanSpeedPercent: { unit: "%", paths: [["fan_speed"]] },
};

const TYPES: Readonly<Record<string, SmiProcess["type"]>> = {
  C: "COMPUTE",
  "M+C": "COMPUTE",
  G: "GRAPHICS",
  "C+G": "MIXED",
  "M+C+G": "MIXED",
};

const LOST = /device handle for GPU\s*(?:\d+:\s+)?([\da-f]+:[\da-f]{2}:[\da-f]{2}\.[\da-f])\b/gi;
const NO_DEVICES = /^no devices were found/im;

/**
 * What `nvidia-smi -q -x` tells of a node. Lines around the XML are notices, some of them of GPUs that are lost.
 * @throws UPSTREAM_ERROR where it tells nothing, UPSTREAM_INVALID_ANSWER for XML that breaks off.
 */
export function parseQuery(output: string): SmiLog {
  const lost = [...new Set(Array.from(output.matchAll(LOST), ([, address = ""]) => busId(address)))];
  const log = readElement(output, "nvidia_smi_log");
  if (log) {
    return {
      driverVersion: told(textAt(log, "kmd_version") ?? textAt(log, "driver_version")),
      cudaVersion: told(textAt(log, "cuda_umd_version") ?? textAt(log, "cuda_version")),
      gpus: elementsAt(log, "gpu").map(gpuOf),
      lost,
    };
  }
  if (output.includes("<nvidia_smi_log")) {
    throw new CodedError("UPSTREAM_INVALID_ANSWER", "What nvidia-smi wrote breaks off.");
  }
  if (lost.length > 0 || NO_DEVICES.test(output)) return { driverVersion: null, cudaVersion: null, gpus: [], lost };
  throw new CodedError("UPSTREAM_ERROR", failure(output));
}

/** nvidia-smi's own words are the node's: they are recognised, and not repeated. */
function failure(output: string): string {
  if (/version mismatch/i.test(output)) return "nvidia-smi and the node's driver are of different versions.";
  if (/communicate with the NVIDIA driver|initialize NVML/i.test(output))
    return "nvidia-smi does not reach the node's driver.";
  return "nvidia-smi did not answer with XML.";
}

function gpuOf(gpu: Element, index: number): SmiGpu {
  const values: Partial<SmiValues> = {};
  const unknown: SmiGpu["unknown"] = {};
  for (const [field, { unit, paths }] of Object.entries(VALUES) as [
    keyof SmiValues,
    (typeof VALUES)["fanSpeedPercent"],
  ][]) {
    const said = paths.flatMap((path) => textAt(gpu, ...path) ?? []);
    const found = said.map((text) => quantity(text, unit)).find((value) => value !== null);
    if (found !== undefined && found !== null) values[field] = found;
    else unknown[field] = said[0] ?? "not told";
  }
  const uuid = textAt(gpu, "uuid");
  const mig = textAt(gpu, "mig_mode", "current_mig");
  return {
    uuid: uuid?.startsWith("GPU-") ? uuid : null,
    index,
    name: told(textAt(gpu, "product_name")),
    pciBusId: busId(/id="([^"]+)"/.exec(gpu.attributes)?.[1] ?? "") || null,
    mig: mig === "Enabled" ? true : mig === "Disabled" ? false : null,
    values,
    unknown,
    instances: instancesOf(gpu),
    processes: processesOf(gpu),
  };
}

/** The instances' compute instances share their memory: each is told once. */
function instancesOf(gpu: Element): SmiInstance[] {
  const byId = new Map<number, SmiInstance>();
  for (const device of elementsAt(gpu, "mig_devices", "mig_device")) {
    const gpuInstanceId = whole(textAt(device, "gpu_instance_id"));
    if (gpuInstanceId === null) continue;
    const memory = (name: string): number | null => quantity(textAt(device, "fb_memory_usage", name) ?? "", "MiB");
    byId.set(gpuInstanceId, { gpuInstanceId, memoryTotalMb: memory("total"), memoryUsedMb: memory("used") });
  }
  return [...byId.values()];
}

function processesOf(gpu: Element): SmiProcess[] | null {
  const [list] = elementsAt(gpu, "processes");
  const said = list?.text.trim() ?? "N/A";
  if (!list || (list.children.length === 0 && said !== "" && said !== "None")) return null;
  return elementsAt(list, "process_info").flatMap((process) => {
    const pid = whole(textAt(process, "pid"));
    if (pid === null) return [];
    return [
      {
        pid,
        name: told(textAt(process, "process_name")),
        usedMemoryMb: quantity(textAt(process, "used_memory") ?? "", "MiB"),
        type: TYPES[textAt(process, "type") ?? ""] ?? null,
        gpuInstanceId: whole(textAt(process, "gpu_instance_id")),
      },
    ];
  });
}

/** "12.5 W" as 12.5; null for what is no number of that unit, such as "[N/A]", "ERR!" or "GPU is lost". */
function quantity(text: string, unit: string): number | null {
  const [, value, of] = /^(-?\d+(?:\.\d+)?) ?(\S+)$/.exec(text) ?? [];
  return value !== undefined && of === unit ? Number(value) : null;
}

const whole = (text: string | null): number | null => (text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null);

const SAID_INSTEAD = /^\[.*\]$|^N\/A$|^ERR!$|^Unknown Error$|is lost|requires reset/i;

/** Null for what nvidia-smi says where it does not know. */
const told = (text: string | null): string | null => (text === null || SAID_INSTEAD.test(text) ? null : text);

/** As XML and notices write it, with domains of four digits or eight: "0000:3b:00.0". */
const busId = (address: string): string => address.toLowerCase().replace(/^0{4}(?=[\da-f]{4}:)/, "");
