import { GAUDI_PORTS, GAUDI_SIGNALS, namesIn } from "../health/vendor-signal.plan.ts";
import { numberOf } from "./device.mapper.ts";
import type { Exporter } from "./exporter.mapper.ts";

const MIB = 1024 * 1024;

/** Intel's exporter of Gaudi accelerators. Newer ones know a device by its serial number, and tell its place in a label of its own. */
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
    ...Object.fromEntries(namesIn(GAUDI_SIGNALS).map((name) => [name, { signal: true } as const])),
    [GAUDI_PORTS]: { signal: true, per: ["port"] },
  },
  identify: (labels) => {
    const uuid = labels["UUID"] || labels["uuid"] || null;
    // A port that leads out of the node may have no cable: only those between its accelerators have to be up.
    if (labels["port_type"] && labels["port_type"] !== "internal") return null;
    const index = numberOf((labels["id"] || (labels["device"] ?? labels["index"]))?.replace(/^\D+/, ""));
    if (uuid === null && index === null) return null;
    const name = labels["product"] || labels["card_model"] || "Intel Gaudi";
    return {
      key: uuid ?? String(index),
      uuid,
      index,
      name,
      driverVersion: labels["driver_version"] || labels["driver"] || null,
      instance: null,
    };
  },
};
