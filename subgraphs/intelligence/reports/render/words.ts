import type { Action, ReportFormat, ReportType, TimelineEntry, Tone } from "../model/report.ts";

// What names of the model are called on a page.

export const TYPES: Readonly<Record<ReportType, string>> = {
  EXECUTIVE_SUMMARY: "Executive summary",
  DETAILED_ANALYSIS: "Detailed analysis",
  INCIDENT_REPORT: "Incident report",
  CAPACITY_PLAN: "Capacity plan",
};

export const TONES: Readonly<Record<Tone, string>> = {
  GOOD: "Good",
  WATCH: "Watch",
  BAD: "Act",
  NEUTRAL: "For information",
  UNKNOWN: "Unknown",
};

export const PRIORITIES: Readonly<Record<Action["priority"], string>> = { 1: "Today", 2: "This week", 3: "Later" };

export const ENTRIES: Readonly<Record<TimelineEntry["kind"], string>> = {
  ALERT: "Alert",
  ANOMALY: "Anomaly",
  CAUSE: "Cause",
  CHANGE: "Change",
  EVENT: "Event",
  LOG: "Log",
};

export const FORMATS: Readonly<Record<ReportFormat, { readonly contentType: string; readonly extension: string }>> = {
  HTML: { contentType: "text/html; charset=utf-8", extension: "html" },
  PDF: { contentType: "application/pdf", extension: "pdf" },
  MARKDOWN: { contentType: "text/markdown; charset=utf-8", extension: "md" },
  JSON: { contentType: "application/json; charset=utf-8", extension: "json" },
};
