import type { Cell, Table } from "../model/table.ts";
import { ACTIVE, COUNTS, type ReportAlert, summaryOf } from "./alerts.ts";
import { ANOMALIES } from "./anomalies.ts";
import { column, table } from "./drafted-table.ts";
import type { Findings } from "./findings.ts";
import { FLEET } from "./fleet.ts";
import type { Questions } from "./questions.ts";

/** Those in the worst state first. */
export const clusterTable = (questions: Questions, { clusters }: Findings, most?: number): Table =>
  table(
    questions,
    {
      title: "Clusters, the worst first",
      columns: [
        column("Cluster"),
        column("State"),
        column("Health", "SCORE"),
        column("Environment"),
        column("Region"),
        column("Last checked", "TIME"),
        column("What failed"),
      ],
      rows: clusters
        .toSorted((a, b) => (a.status.healthScore ?? -1) - (b.status.healthScore ?? -1) || (a.name < b.name ? -1 : 1))
        .map(({ name, status, environment, region }) => [
          name,
          status.state,
          status.healthScore ?? null,
          environment,
          region ?? "",
          status.checkedAt ?? null,
          status.lastError ?? "",
        ]),
      empty: "There are no clusters in scope.",
      of: FLEET,
    },
    most,
  );

export const alertGroupTable = (questions: Questions, { counts }: Findings, most?: number): Table[] =>
  counts
    ? [
        table(
          questions,
          {
            title: "Alerts that fire, by name",
            columns: [
              column("Alert"),
              column("Severity"),
              column("Firing", "COUNT"),
              column("Acknowledged", "COUNT"),
              column("Silenced", "COUNT"),
              column("Clusters", "COUNT"),
              column("Oldest", "TIME"),
            ],
            rows: counts.names
              .toSorted(
                (a, b) =>
                  rank(a.severity) - rank(b.severity) ||
                  b.counts.firing - a.counts.firing ||
                  (a.alertname < b.alertname ? -1 : 1),
              )
              .map(({ alertname, severity, counts: of, clusterCount, oldestStartsAt }) => [
                alertname,
                severity,
                of.firing,
                of.acknowledged,
                of.silenced,
                clusterCount,
                oldestStartsAt,
              ]),
            total: counts.names.length + counts.namesMore,
            empty: "None fires.",
            of: COUNTS,
          },
          most,
        ),
      ]
    : [];

const rank = (severity: string): number => ["CRITICAL", "WARNING", "INFO"].indexOf(severity);

export const alertRow = (alert: ReportAlert): Cell[] => [
  alert.alertname,
  alert.severity,
  alert.clusterName,
  alert.namespace ?? "",
  alert.startsAt,
  alert.acknowledgement?.owner ?? "",
  summaryOf(alert) ?? "",
];
export const ALERT_COLUMNS = [
  column("Alert"),
  column("Severity"),
  column("Cluster"),
  column("Namespace"),
  column("Since", "TIME"),
  column("Taken by"),
  column("Summary"),
];

export const alertTable = (questions: Questions, { active }: Findings): Table[] =>
  active
    ? [
        table(questions, {
          title: "Alerts that fire, the worst first",
          columns: ALERT_COLUMNS,
          rows: active.items.map(alertRow),
          total: active.total,
          empty: "None fires.",
          of: ACTIVE,
        }),
      ]
    : [];

export const anomalyTable = (questions: Questions, { anomalies }: Findings): Table[] =>
  anomalies
    ? [
        table(questions, {
          title: "Anomalies, the rarest first",
          note: "At a score of 3 one point in 1,000 is as odd, at 4 one in 10,000.",
          columns: [
            column("Cluster"),
            column("Metric"),
            column("Kind"),
            column("Score", "NUMBER"),
            column("Began", "TIME"),
            column("What is unusual"),
          ],
          rows: anomalies.items.map(({ clusterName, metricName, anomalyType, score, startedAt, explanation }) => [
            clusterName,
            metricName,
            anomalyType,
            score,
            startedAt,
            explanation,
          ]),
          total: anomalies.total,
          empty: "None is kept from this time.",
          of: ANOMALIES,
        }),
      ]
    : [];
