import type { ReportLoaders } from "./report.loader.ts";
import type { ReportService } from "./report.service.ts";
import type { ScheduleService } from "./schedule.service.ts";
import type { ScheduleRunService } from "./schedule-run.service.ts";

/** What this module brings to an operation's context. */
export interface ReportsContext {
  reports: ReportService;
  reportSchedules: ScheduleService;
  reportScheduleRuns: ScheduleRunService;
  reportLoaders: ReportLoaders;
}
