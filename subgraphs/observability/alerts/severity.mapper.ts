import type { AlertSeverity } from "../../../prisma/generated/enums.ts";

const WORDS: Readonly<Record<AlertSeverity, readonly string[]>> = {
  CRITICAL: ["critical", "crit", "page", "error", "fatal", "emergency", "disaster", "major", "high", "p1", "sev1"],
  WARNING: ["warning", "warn", "minor", "average", "medium", "p2", "sev2"],
  INFO: ["", "info", "information", "informational", "none", "notice", "debug", "low", "ok", "p3", "p4", "p5", "sev3"],
};
const SEVERITIES = new Map(
  Object.entries(WORDS).flatMap(([severity, words]) => words.map((word) => [word, severity as AlertSeverity])),
);

/**
 * From the label that people write: its word in any case. None, or one that says none (OpenShift's Watchdog), is INFO; a word that
 * nobody knows is WARNING, so that no alert is overlooked for how it was spelt.
 */
export const severityOf = (labels: Readonly<Record<string, string>>): AlertSeverity =>
  SEVERITIES.get((labels["severity"] ?? labels["level"] ?? "").trim().toLowerCase()) ?? "WARNING";
