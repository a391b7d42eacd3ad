import { numberOf } from "./device.mapper.ts";
import type { Exporter } from "./exporter.mapper.ts";

const MIB = 1024 * 1024;

/** Intel's exporter of Gaudi accelerators. It tells no pods. */
export const GAUDI: Exporter = {
  source: "GAUDI_EXPORTER",
  vendor: "INTEL",
  metrics: {
    habanalabs_utilization: { field: "utilizationGpuPercent" },
    habanalabs_memory_total_bytes: { field: "memoryTotalMb", scale: 1 / MIB },
    habanalabs_memory_used_bytes: { field: "memoryUsedMb", scale: 1 / MIB },
    habanalabs_memory_free_bytes: { field: "memoryFreeMb", scale: 1 / MIB },
    habanalabs_temperature_onchip: { field: "temperatureCelsius" },
    habanalabs_power_mW: { field: "powerDrawWatts", scale: 0.001 },
    habanalabs_power_default_limit_mW: { field: "powerLimitWatts", scale: 0.001 },
  },
  identify: (labels) => {
    const uuid = labels["UUID"] || labels["uuid"] || null;
    const index = numberOf((labels["device"] ?? labels["index"])?.replace(/^\D+/, ""));
    if (uuid === null && index === null) return null;
    const name = labels["product"] || labels["card_model"] || "Intel Gaudi";
    return {
      key: uuid ?? String(index),
      uuid,
      index,
      name,
      driverVersion: labels["driver_version"] || null,
      instance: null,
    };
  },
};
