import type { SummaryRow } from "./cluster.repository.ts";
import type { FleetCount, FleetSummary } from "./fleet-summary.type.ts";

/** From one row per combination of values to the totals of each. */
export function summarise(rows: readonly SummaryRow[]): FleetSummary {
  const checked = total(rows, ({ checked }) => checked);
  return {
    total: total(rows, ({ clusters }) => clusters),
    byState: countBy(rows, ({ state }) => state),
    byType: countBy(rows, ({ clusterType }) => clusterType),
    byEnvironment: countBy(rows, ({ environment }) => environment),
    byPlatform: countBy(rows, ({ platform }) => platform),
    byRegion: countBy(rows, ({ region }) => region),
    gpuCount: total(rows, ({ gpus }) => gpus),
    gpuClusters: total(rows, ({ hasGpuNodes, clusters }) => (hasGpuNodes ? clusters : 0)),
    cnfClusters: total(rows, ({ hasCnfWorkloads, clusters }) => (hasCnfWorkloads ? clusters : 0)),
    averageHealthScore: checked === 0 ? null : total(rows, ({ scores }) => scores) / checked,
  };
}

const total = (rows: readonly SummaryRow[], of: (row: SummaryRow) => number): number =>
  rows.reduce((sum, row) => sum + of(row), 0);

function countBy(rows: readonly SummaryRow[], of: (row: SummaryRow) => string | null): FleetCount[] {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const value = of(row);
    if (value !== null) counts.set(value, (counts.get(value) ?? 0) + row.clusters);
  }
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
}
