import { join } from "node:path";
import type { Platform } from "../../platform.ts";
import { type Config, requireVariables } from "../../shared/kernel/config.ts";
import { gauge } from "../../shared/kernel/instruments.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { downloadReport } from "./download.route.ts";
import { expireReports } from "./expire.job.ts";
import { LocalReportStore } from "./local.store.ts";
import { makeReports, recoverReports, runSchedules } from "./make.job.ts";
import { MakingService } from "./making.service.ts";
import { OrderService } from "./order.service.ts";
import { ReportProgressResolver } from "./progress.resolver.ts";
import { QueueRepository } from "./queue.repository.ts";
import { reportLoaders } from "./report.loader.ts";
import { toReport } from "./report.mapper.ts";
import { ReportRepository } from "./report.repository.ts";
import { ReportResolver } from "./report.resolver.ts";
import { ReportService } from "./report.service.ts";
import type { ReportStore } from "./report.store.ts";
import type { ReportsContext } from "./reports.context.ts";
import { S3ReportStore } from "./s3.store.ts";
import { ScheduleRepository } from "./schedule.repository.ts";
import { ScheduleResolver } from "./schedule.resolver.ts";
import { ScheduleService } from "./schedule.service.ts";
import { ScheduleRunService } from "./schedule-run.service.ts";
import { WritingService } from "./writing.service.ts";

/** Reports of the fleet: asked for or on a schedule, made one at a time, and kept as files for a while. */
export const reports: SubgraphModule<Platform> = {
  resolvers: [ReportResolver, ReportProgressResolver, ScheduleResolver],
  references: {
    Report: async ({ id }: { id: string }, { reportLoaders: { byId } }: ReportsContext) => {
      const row = await byId.load(id);
      return row && toReport(row);
    },
  },
  byNamespace: `
    Query.report Query.reports Query.reportSchedules Subscription.reportProgress Mutation.cancelReport
    Mutation.createReportSchedule Mutation.deleteReport Mutation.deleteReportSchedule Mutation.generateReport
    Mutation.runReportSchedule Mutation.updateReportSchedule Report Report.clusters`,

  start: async ({ config, log, clock, database: { prisma }, fleet: { directory }, changes, bus, graph, registry }) => {
    const onError = (error: unknown): void => log.error({ err: error }, "a report's upkeep failed here");
    const store = storeOf(config);
    const repository = new ReportRepository(prisma);
    const queue = new QueueRepository(prisma);
    gauge(
      registry,
      "aiops_reports",
      "Reports by status, over all processes: take any one's. QUEUED that grows means that they are ordered faster than made.",
      ["status"],
      async () => (await queue.load()).counts.map(({ status, count }) => [{ status }, count] as const),
    );
    gauge(
      registry,
      "aiops_report_queue_oldest_seconds",
      "For how long the oldest report has waited to be made, over all processes; 0 where none waits.",
      [],
      async () => {
        const { waitsSince } = await queue.load();
        return [[{}, waitsSince ? (clock.now().getTime() - waitsSince.getTime()) / 1000 : 0]] as const;
      },
    );
    const writing = new WritingService({ repository, queue, store, graph, changes, clock });
    const making = new MakingService({ queue, writing, bus, clock, log });
    const orders = new OrderService({ repository, directory, graph });
    const service = new ReportService({ repository, orders, making, store, changes, bus, clock });
    const scheduleRepository = new ScheduleRepository(prisma);
    const schedules = new ScheduleService({ repository: scheduleRepository, directory, changes, clock });
    const runs = new ScheduleRunService({
      repository: scheduleRepository,
      schedules,
      orders,
      making,
      changes,
      clock,
      onError,
    });
    return {
      context: (operation): ReportsContext => ({
        reports: service,
        reportSchedules: schedules,
        reportScheduleRuns: runs,
        reportLoaders: reportLoaders(operation, repository, clock),
      }),
      jobs: [
        makeReports({ making }),
        runSchedules({ runs }),
        recoverReports({ queue, bus, clock }),
        expireReports({ repository, store, clock, onError }),
      ],
      webRoutes: [downloadReport(service)],
      close: () => making.close(),
    };
  },
};

/** @throws ConfigError where a bucket is named without its credentials */
function storeOf(config: Config): ReportStore {
  const { AIOPS_REPORTS_S3_URL: url, AIOPS_REPORTS_S3_REGION: region } = config;
  if (url === undefined) return new LocalReportStore(config.AIOPS_REPORTS_DIR ?? join(config.DATA_DIR, "reports"));
  requireVariables(config, ["AIOPS_REPORTS_S3_ACCESS_KEY_ID", "AIOPS_REPORTS_S3_SECRET_ACCESS_KEY"]);
  return new S3ReportStore({
    url,
    region,
    accessKeyId: config.AIOPS_REPORTS_S3_ACCESS_KEY_ID ?? "",
    secretAccessKey: config.AIOPS_REPORTS_S3_SECRET_ACCESS_KEY ?? "",
  });
}
