import type { TimelineEntry, Tone } from "../model/report.ts";
import { type ReportAlert, summaryOf } from "./alerts.ts";
import type { ReportAnomaly } from "./anomalies.ts";
import type { Findings } from "./findings.ts";

const MOST = 200;

/** What happened, the earliest first; where it is too much, the worst of it. */
export function timelineOf({ past, anomalies, subject, rootCause }: Findings): {
  timeline: TimelineEntry[];
  timelineMore: number;
} {
  const alerts = new Map(
    [...(past?.items ?? []), ...(subject?.relatedAlerts ?? []), ...(subject ? [subject] : [])].map((alert) => [
      alert.id,
      alert,
    ]),
  );
  const entries = [
    ...[...alerts.values()].map(ofAlert),
    ...(anomalies?.items ?? []).map(ofAnomaly),
    ...(rootCause?.causes ?? [])
      .slice(0, 3)
      .flatMap(({ title, cluster, evidence }) =>
        evidence.flatMap(({ at, statement }): TimelineEntry[] =>
          at === null ? [] : [{ at, until: null, kind: "CAUSE", tone: "WATCH", cluster, title, detail: statement }],
        ),
      ),
  ];
  const shown = entries.toSorted((a, b) => WEIGHTS[b.tone] - WEIGHTS[a.tone] || (a.at > b.at ? -1 : 1)).slice(0, MOST);
  const left = Math.max(0, (past?.total ?? 0) - (past?.items.length ?? 0)) + entries.length - shown.length;
  return {
    timeline: shown.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.title < b.title ? -1 : 1)),
    timelineMore: left,
  };
}

const WEIGHTS: Readonly<Record<Tone, number>> = { BAD: 3, WATCH: 2, NEUTRAL: 1, GOOD: 1, UNKNOWN: 0 };

export const toneOf = (severity: string): Tone =>
  severity === "CRITICAL" || severity === "HIGH"
    ? "BAD"
    : severity === "WARNING" || severity === "MEDIUM"
      ? "WATCH"
      : "NEUTRAL";

const ofAlert = (alert: ReportAlert): TimelineEntry => ({
  at: alert.startsAt,
  until: alert.endsAt ?? null,
  kind: "ALERT",
  tone: toneOf(alert.severity),
  cluster: alert.clusterName,
  title: alert.namespace ? `${alert.alertname} in ${alert.namespace}` : alert.alertname,
  detail: summaryOf(alert),
});

const ofAnomaly = (anomaly: ReportAnomaly): TimelineEntry => ({
  at: anomaly.startedAt,
  until: anomaly.detectedAt > anomaly.startedAt ? anomaly.detectedAt : null,
  kind: "ANOMALY",
  tone: toneOf(anomaly.severity),
  cluster: anomaly.clusterName,
  title: `${anomaly.anomalyType.toLowerCase().replaceAll("_", " ")} of ${anomaly.metricName}`,
  detail: anomaly.explanation,
});
