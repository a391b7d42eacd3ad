import { escapePattern } from "../../shared/kernel/escapes.ts";
import type { Source, ValueName } from "../readings/device.mapper.ts";
import { EXPORTERS, PREFIX } from "../readings/exporters.plan.ts";

export type HistoryMetric = "UTILIZATION" | "MEMORY_USED" | "MEMORY_UTILIZATION" | "POWER" | "TEMPERATURE";

export const FIELDS: Readonly<Record<HistoryMetric, ValueName>> = {
  UTILIZATION: "utilizationGpuPercent",
  MEMORY_USED: "memoryUsedMb",
  MEMORY_UTILIZATION: "utilizationMemoryPercent",
  POWER: "powerDrawWatts",
  TEMPERATURE: "temperatureCelsius",
};

/** The labels in which exporters tell a device's UUID. */
const UUID_LABELS = ["UUID", "uuid", "gpu_uuid", "serial_number"];

/** The names under which exporters tell a value. */
export const namesOf = (field: ValueName): string[] =>
  EXPORTERS.flatMap(({ metrics, source }) =>
    Object.entries(metrics).flatMap(([name, meaning]) =>
      "field" in meaning && meaning.field === field ? spellings(name, source) : [],
    ),
  );

const spellings = (name: string, source: Source): string[] =>
  source === "AMD_EXPORTER" ? [name, `${PREFIX}${name}`] : [name];

/** One value of every device of a cluster, or of those named: a selector for each way to name them, in one query. */
export function historyQuery(metric: HistoryMetric, uuids: readonly string[] | null): string {
  const names = `__name__=~"${namesOf(FIELDS[metric]).join("|")}"`;
  // A device that tells no UUID is known by its place, which no single label has.
  if (uuids === null || uuids.some((uuid) => uuid.includes("/"))) return `{${names}}`;
  const wanted = JSON.stringify(uuids.map(escapePattern).join("|"));
  return UUID_LABELS.map((label) => `{${names},${label}=~${wanted}}`).join(" or ");
}
