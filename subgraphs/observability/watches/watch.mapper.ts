import type { WatchRow } from "./watch.repository.ts";
import type { MetricWatch } from "./watch.type.ts";

export const toMetricWatch = ({ everySeconds, selector, ...row }: WatchRow): MetricWatch => ({
  id: row.id,
  name: row.name,
  query: row.query,
  selector: selector as Record<string, unknown>,
  every: `${everySeconds}s`,
  above: row.above,
  below: row.below,
  changePercent: row.changePercent,
  createdBy: row.createdBy,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
  lastRunAt: row.lastRunAt,
  lastError: row.lastError,
});
