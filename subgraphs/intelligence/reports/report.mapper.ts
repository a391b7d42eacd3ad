import type { ReportRow } from "./report.repository.ts";
import type { Report } from "./report.type.ts";

export const toReport = (row: ReportRow): Report => ({
  id: row.id,
  title: row.title,
  reportType: row.reportType,
  format: row.format,
  status: row.status,
  clusterScope: row.clusterScope,
  timeRange: { start: row.rangeStart, end: row.rangeEnd },
  parameters: { ...row.parameters },
  generatedBy: row.generatedBy,
  owner: row.owner,
  scheduleId: row.scheduleId,
  progress: row.status === "RUNNING" ? row.progress : null,
  error: row.error,
  downloadUrl: row.status === "READY" ? `/reports/${row.id}` : null,
  storagePath: row.storagePath,
  sizeBytes: row.sizeBytes,
  sha256: row.sha256,
  createdAt: row.createdAt,
  finishedAt: row.finishedAt,
  expiresAt: row.expiresAt,
});
