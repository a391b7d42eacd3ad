import { SIGNALS, XID_COUNT } from "../health/signal.detector.ts";
import { numberOf } from "./device.mapper.ts";
import type { Exporter, Meaning } from "./exporter.mapper.ts";

const own = { ofInstance: true } as const;
const signal: Meaning = { signal: true };

/**
 * NVIDIA's dcgm-exporter, in all its label styles. Of a GPU that is divided it tells of the instances alone: memory and activity are
 * theirs, and the rest is the GPU's, repeated with each.
 */
export const DCGM: Exporter = {
  source: "DCGM_EXPORTER",
  vendor: "NVIDIA",
  metrics: {
    DCGM_FI_DEV_GPU_UTIL: { field: "utilizationGpuPercent", ...own },
    DCGM_FI_PROF_GR_ENGINE_ACTIVE: { field: "utilizationGpuPercent", scale: 100, instead: true, ...own },
    DCGM_FI_DEV_MEM_COPY_UTIL: { field: "utilizationMemoryPercent", ...own },
    DCGM_FI_DEV_FB_TOTAL: { field: "memoryTotalMb", ...own },
    DCGM_FI_DEV_FB_USED: { field: "memoryUsedMb", ...own },
    DCGM_FI_DEV_FB_FREE: { field: "memoryFreeMb", ...own },
    DCGM_FI_DEV_FB_RESERVED: { reserved: true },
    DCGM_FI_DEV_GPU_TEMP: { field: "temperatureCelsius" },
    DCGM_FI_DEV_POWER_USAGE: { field: "powerDrawWatts" },
    DCGM_FI_DEV_POWER_MGMT_LIMIT: { field: "powerLimitWatts" },
    DCGM_FI_DEV_ENFORCED_POWER_LIMIT: { field: "powerLimitWatts", instead: true },
    DCGM_FI_DEV_FAN_SPEED: { field: "fanSpeedPercent" },
    ...Object.fromEntries(SIGNALS.map((name) => [name, signal])),
    // Of the gauge, the XID is the value; of the count, a label, whose name differs between exporters.
    [XID_COUNT]: { signal: true, per: ["xid", "err_code"] },
  },
  identify: (labels) => {
    const uuid = labels["UUID"] || labels["uuid"] || labels["gpu_uuid"] || null;
    const index = numberOf(labels["gpu"]);
    if (uuid === null && index === null) return null;
    const id = numberOf(labels["GPU_I_ID"]);
    return {
      key: uuid ?? String(index),
      uuid,
      index,
      pciBusId: labels["pci_bus_id"] || null,
      name: labels["modelName"] || labels["model_name"] || null,
      driverVersion: labels["DCGM_FI_DRIVER_VERSION"] || null,
      instance: id === null ? null : { id, profile: labels["GPU_I_PROFILE"] || null },
    };
  },
};
