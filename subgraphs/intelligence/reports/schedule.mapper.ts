import type { ScheduleRow } from "./schedule.repository.ts";
import type { ReportSchedule } from "./schedule.type.ts";

export const toReportSchedule = ({
  tenantId: _tenantId,
  identity: _identity,
  rangeSeconds,
  selector,
  parameters,
  nextRunAt,
  ...row
}: ScheduleRow): ReportSchedule => ({
  ...row,
  selector: selector as Record<string, unknown>,
  parameters: parameters as Record<string, unknown>,
  range: rangeSeconds % 86_400 === 0 ? `${rangeSeconds / 86_400}d` : `${rangeSeconds}s`,
  nextRunAt: row.enabled ? nextRunAt : null,
});
