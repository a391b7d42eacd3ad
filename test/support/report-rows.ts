import { randomUUID } from "node:crypto";
import type { Prisma } from "../../prisma/generated/client.ts";
import { identity } from "./clusters.ts";

const DAY_MS = 86_400_000;

/** A row for `prisma.report.create`: of Ann's, and waiting to be made since `createdAt`. */
export function reportRow(
  given: Partial<Prisma.ReportUncheckedCreateInput> & { createdAt: Date },
): Prisma.ReportUncheckedCreateInput {
  const { createdAt } = given;
  return {
    id: randomUUID(),
    tenantId: "default",
    title: "A report",
    reportType: "EXECUTIVE_SUMMARY",
    format: "JSON",
    clusterScope: [],
    rangeStart: new Date(createdAt.getTime() - DAY_MS),
    rangeEnd: createdAt,
    generatedBy: "ann",
    owner: "ann",
    identity: identity({ roles: ["viewer"] }),
    status: "QUEUED",
    beatAt: createdAt,
    expiresAt: new Date(createdAt.getTime() + 30 * DAY_MS),
    ...given,
  };
}

/** A row for `prisma.reportSchedule.create`: of Ann's, every Monday at seven. */
export function scheduleRow(
  given: Partial<Prisma.ReportScheduleUncheckedCreateInput> & { nextRunAt: Date },
): Prisma.ReportScheduleUncheckedCreateInput {
  return {
    id: randomUUID(),
    tenantId: "default",
    name: `s-${randomUUID()}`,
    reportType: "EXECUTIVE_SUMMARY",
    format: "JSON",
    cron: "0 7 * * MON",
    rangeSeconds: 86_400,
    retentionDays: 7,
    createdBy: "ann",
    identity: identity({ roles: ["viewer"] }),
    createdAt: given.nextRunAt,
    updatedAt: given.nextRunAt,
    ...given,
  };
}
