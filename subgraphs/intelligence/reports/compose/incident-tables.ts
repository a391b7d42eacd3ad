import type { Table } from "../model/table.ts";
import { PAST } from "./alerts.ts";
import { column, table } from "./drafted-table.ts";
import type { Findings } from "./findings.ts";
import { SUBJECT } from "./incident.ts";
import type { Questions } from "./questions.ts";
import { ALERT_COLUMNS, alertRow } from "./tables.ts";

export const incidentTables = (questions: Questions, { subject, past }: Findings): Table[] => [
  ...(subject
    ? [
        table(questions, {
          title: "Labels of the alert",
          columns: [column("Label"), column("Value")],
          rows: Object.entries(subject.labels)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([label, value]) => [label, value]),
          empty: "It has none.",
          of: SUBJECT,
        }),
        table(questions, {
          title: "Related alerts",
          columns: ALERT_COLUMNS,
          rows: (subject.relatedAlerts ?? []).map(alertRow),
          empty: "None is related.",
          of: SUBJECT,
        }),
        table(questions, {
          title: "Log lines around its beginning",
          columns: [column("When", "TIME"), column("Pod"), column("Line")],
          rows: (subject.logs ?? []).map(({ timestamp, stream, message }) => [
            timestamp,
            stream["pod"] ?? stream["k8s_pod_name"] ?? "",
            message,
          ]),
          empty: subject.logs ? "There are none." : "They could not be had.",
          of: SUBJECT,
        }),
      ]
    : []),
  ...(past && !subject
    ? [
        table(questions, {
          title: "Alerts of the time, the latest first",
          columns: ALERT_COLUMNS,
          rows: past.items.map(alertRow),
          total: past.total,
          empty: "There were none.",
          of: PAST,
        }),
      ]
    : []),
];
