import { AMD_SIGNALS, namesIn } from "../health/vendor-signal.plan.ts";
import { numberOf } from "./device.mapper.ts";
import type { Exporter } from "./exporter.mapper.ts";

/**
 * AMD's device-metrics-exporter. A GPU that is partitioned is several to it, with one serial number; what it measures is the whole
 * GPU's, and stands at the first partition alone.
 */
export const AMD: Exporter = {
  source: "AMD_EXPORTER",
  vendor: "AMD",
  metrics: {
    gpu_gfx_activity: { field: "utilizationGpuPercent" },
    gpu_umc_activity: { field: "utilizationMemoryPercent" },
    gpu_total_vram: { field: "memoryTotalMb" },
    gpu_used_vram: { field: "memoryUsedMb" },
    gpu_free_vram: { field: "memoryFreeMb" },
    gpu_junction_temperature: { field: "temperatureCelsius" },
    gpu_edge_temperature: { field: "temperatureCelsius", instead: true },
    gpu_package_power: { field: "powerDrawWatts" },
    gpu_average_package_power: { field: "powerDrawWatts", instead: true },
    gpu_power_usage: { field: "powerDrawWatts", instead: true },
    ...Object.fromEntries(namesIn(AMD_SIGNALS).map((name) => [name, { signal: true } as const])),
  },
  identify: (labels) => {
    const index = numberOf(labels["gpu_id"]);
    const { serial_number: serial, card_series: series, card_model: model, gpu_uuid: given } = labels;
    // Others' metrics have the same names.
    if (index === null || !(serial || series || given)) return null;
    const partitioned = !["spx", "na", undefined, ""].includes(labels["gpu_compute_partition_type"]?.toLowerCase());
    const partition = partitioned ? (numberOf(labels["gpu_partition_id"]) ?? 0) : 0;
    return {
      key: serial || given || String(index),
      uuid: partition === 0 ? given || serial || null : null,
      index: partition === 0 ? index : null,
      name: series || model || null,
      driverVersion: labels["driver_version"] || null,
      tellsInstance: partition > 0,
      instance: partitioned ? { id: partition, profile: labels["gpu_compute_partition_type"] ?? null } : null,
    };
  },
};
