import { registerEnumType } from "../../shared/kernel/graphql.ts";
import type { ReportFormat as Format, ReportType as Type } from "./model/report.ts";

export const ReportType: { readonly [K in Type]: K } = {
  EXECUTIVE_SUMMARY: "EXECUTIVE_SUMMARY",
  DETAILED_ANALYSIS: "DETAILED_ANALYSIS",
  INCIDENT_REPORT: "INCIDENT_REPORT",
  CAPACITY_PLAN: "CAPACITY_PLAN",
};
export type ReportType = Type;
registerEnumType(ReportType, {
  name: "ReportType",
  description: "What a report is about.",
  valuesConfig: {
    EXECUTIVE_SUMMARY: { description: "How the fleet is, and what to do about it: short." },
    DETAILED_ANALYSIS: { description: "The same with alerts, anomalies and everything that it stands on." },
    INCIDENT_REPORT: { description: "What happened around an alert, when, and why." },
    CAPACITY_PLAN: { description: "What fills up, and when it is full." },
  },
});

export const ReportFormat: { readonly [K in Format]: K } = {
  HTML: "HTML",
  PDF: "PDF",
  MARKDOWN: "MARKDOWN",
  JSON: "JSON",
};
export type ReportFormat = Format;
registerEnumType(ReportFormat, {
  name: "ReportFormat",
  description: "What a report is written in.",
  valuesConfig: {
    HTML: { description: "A page that is complete in itself, without scripts." },
    PDF: { description: "Pages to print, with text that can be searched." },
    MARKDOWN: { description: "Text for a wiki or an issue." },
    JSON: { description: "All of it as data." },
  },
});

export const ReportStatus = {
  QUEUED: "QUEUED",
  RUNNING: "RUNNING",
  READY: "READY",
  FAILED: "FAILED",
  CANCELLED: "CANCELLED",
} as const;
export type ReportStatus = keyof typeof ReportStatus;
registerEnumType(ReportStatus, {
  name: "ReportStatus",
  description: "How far a report is.",
  valuesConfig: {
    QUEUED: { description: "It waits for its turn." },
    RUNNING: { description: "It is being made." },
    READY: { description: "It can be downloaded." },
    FAILED: { description: "There is none, for the reason given." },
    CANCELLED: { description: "Somebody cancelled it." },
  },
});
