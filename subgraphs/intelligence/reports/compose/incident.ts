import { z } from "zod";
import type { Point } from "../model/chart.ts";
import { ALERT_FIELDS, Alert, type ReportAlert } from "./alerts.ts";
import type { Range } from "./capacity.ts";
import { ClusterOutcome, missingOf, OUTCOME_FIELDS } from "./outcome.ts";
import type { Questions } from "./questions.ts";

export const SUBJECT = "The alert, and what belongs to it";
const HOUR_MS = 3_600_000;
const STEP = "1m";
const MOST_LOGS = 50;

const ALERT = `query ReportAlert($id: UUID!) {
  alert(id: $id) {
    ${ALERT_FIELDS}
    clusterId labels
    pod { namespace name phase }
    relatedAlerts(limit: 50) {
      ${ALERT_FIELDS}
    }
    logs(limit: ${MOST_LOGS}, around: "10m") { timestamp stream message }
    occurrences(limit: 10) { total }
  }
}`;

const Subject = Alert.extend({
  clusterId: z.string(),
  labels: z.record(z.string(), z.string()),
  pod: z.object({ namespace: z.string(), name: z.string(), phase: z.string().nullish() }).nullish(),
  relatedAlerts: z.array(Alert).nullish(),
  logs: z
    .array(z.object({ timestamp: z.string(), stream: z.record(z.string(), z.string()), message: z.string() }))
    .nullish(),
  occurrences: z.object({ total: z.number() }).nullish(),
});
export type IncidentSubject = z.infer<typeof Subject>;

const METRICS = `query ReportPodMetrics($query: MetricQueryInput!) {
  metrics(query: $query) {
    results { data { metric values } }
    outcomes { ${OUTCOME_FIELDS} }
  }
}`;
const Metrics = z.object({
  metrics: z.object({
    results: z.array(
      z.object({
        data: z.array(
          z.object({
            metric: z.record(z.string(), z.string()),
            values: z.array(z.tuple([z.number(), z.string()])),
          }),
        ),
      }),
    ),
    outcomes: z.array(ClusterOutcome),
  }),
});

/** @throws the graph's reason where it cannot be had; null where there is no such alert, or none to be seen */
export async function subjectOf(questions: Questions, id: string): Promise<IncidentSubject | null> {
  const answer = z.object({ alert: Subject.nullable() });
  const found = await questions.ask({ what: SUBJECT, document: ALERT, variables: { id }, answer });
  if (found && !found.alert) {
    questions.missing(SUBJECT, {
      cluster: null,
      reason: "There is no such alert to be seen.",
      code: "ALERT_NOT_FOUND",
    });
  }
  return found?.alert ?? null;
}

/** What is looked at: an hour before it began, to an hour after it ended, or two after it began. */
export function windowOf({ startsAt, endsAt }: Pick<ReportAlert, "startsAt" | "endsAt">, now: Date): Range {
  const start = Date.parse(startsAt);
  const end = Math.min(now.getTime(), endsAt ? Date.parse(endsAt) + HOUR_MS : start + 2 * HOUR_MS);
  return {
    start: new Date(start - HOUR_MS),
    end: new Date(Math.max(end, Math.min(now.getTime(), start + HOUR_MS / 6))),
  };
}

export interface Track {
  readonly what: string;
  readonly unit: "NUMBER" | "MIB";
  readonly series: readonly { readonly name: string; readonly points: readonly Point[] }[];
}

/** What the pods of its namespace used meanwhile: those that used most. */
export async function tracksOf(questions: Questions, subject: IncidentSubject, range: Range): Promise<Track[]> {
  const namespace = subject.pod?.namespace ?? subject.namespace;
  if (!namespace) return [];
  const of = `namespace=${JSON.stringify(namespace)},container!="",container!="POD"`;
  const wanted = [
    [
      "CPU of its namespace's pods, in cores",
      "NUMBER",
      `topk(8, sum by (pod) (rate(container_cpu_usage_seconds_total{${of}}[5m])))`,
    ],
    [
      "Memory of its namespace's pods",
      "MIB",
      `topk(8, sum by (pod) (container_memory_working_set_bytes{${of}})) / 1048576`,
    ],
    [
      "Restarts in its namespace",
      "NUMBER",
      `topk(8, sum by (pod) (increase(kube_pod_container_status_restarts_total{namespace=${JSON.stringify(namespace)}}[10m])) > 0)`,
    ],
  ] as const;
  const tracks: Track[] = [];
  for (const [what, unit, promql] of wanted) {
    const query = {
      query: promql,
      clusterIds: [subject.clusterId],
      startTime: range.start.toISOString(),
      endTime: range.end.toISOString(),
      step: STEP,
    };
    const answer = await questions.ask({ what, document: METRICS, variables: { query }, promql, answer: Metrics });
    if (!answer) continue;
    for (const missing of missingOf(answer.metrics.outcomes)) questions.missing(what, missing);
    const series = answer.metrics.results
      .flatMap(({ data }) => data)
      .map(({ metric, values }) => ({
        name: metric["pod"] ?? "?",
        points: values.map(
          ([time, value]): Point => [time * 1000, Number.isFinite(Number(value)) ? Number(value) : null],
        ),
      }));
    if (series.length > 0) tracks.push({ what, unit, series: busiest(series) });
  }
  return tracks;
}

/** Over a range, topk takes those of each step: here the most of all of it are kept. */
const busiest = (series: Track["series"]): Track["series"] =>
  series
    .map((each) => ({ ...each, most: each.points.reduce((high, [, value]) => Math.max(high, value ?? 0), 0) }))
    .sort((a, b) => b.most - a.most || (a.name < b.name ? -1 : 1))
    .slice(0, 8)
    .map(({ name, points }) => ({ name, points }));
