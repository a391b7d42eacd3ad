import type { Chart } from "../model/chart.ts";
import type { Forecast } from "../model/forecast.ts";
import {
  type Figure,
  REPORT_SCHEMA,
  type ReportModel,
  type ReportType,
  type TimelineEntry,
  type Waste,
} from "../model/report.ts";
import type { Table } from "../model/table.ts";
import { actionsOf } from "./actions.ts";
import { forecastCharts, stateChart, trackCharts, usageChart, wasteChart } from "./charts.ts";
import { daysOf, type Findings } from "./findings.ts";
import { FLEET } from "./fleet.ts";
import { gather } from "./gather.ts";
import { IDLE_RULE, WASTE } from "./gpu.ts";
import { gpuTables } from "./gpu-tables.ts";
import { incidentTables } from "./incident-tables.ts";
import { METHODS } from "./methods.ts";
import { presentable } from "./presentable.ts";
import { Questions } from "./questions.ts";
import type { ComposeDeps, ReportRequest } from "./request.ts";
import { alertGroupTable, alertTable, anomalyTable, clusterTable } from "./tables.ts";
import { timelineOf } from "./timeline.ts";
import { figure, figuresOf, verdictOf } from "./verdict.ts";

const BRIEFLY = 10;
const MOST_FORECASTS = 400;

/**
 * Gathers what the report is about, and says what it means. A cluster that does not answer is a gap, and not a failure.
 * @throws what the graph says where not even the clusters can be told; the signal's reason
 */
export async function composeReport(request: ReportRequest, deps: ComposeDeps): Promise<ReportModel> {
  const now = deps.clock.now();
  const questions = new Questions(deps, 1);
  const { findings, range } = await gather(questions, request, now);
  deps.signal.throwIfAborted();
  const { gaps } = questions;
  const { timeline, timelineMore } = timelineOf(findings);
  return presentable({
    schema: REPORT_SCHEMA,
    id: request.id,
    title: request.title,
    type: request.type,
    createdAt: now.toISOString(),
    generatedBy: request.generatedBy,
    range: { start: range.start.toISOString(), end: range.end.toISOString() },
    scope: { clusters: findings.clusters.map(({ id, name }) => ({ id, name })) },
    verdict: verdictOf(findings, gaps),
    impact: impactOf(request.type, findings, figuresOf(findings, gaps), now),
    timeline,
    timelineMore,
    charts: CHARTS[request.type](questions, findings, timeline),
    tables: TABLES[request.type](questions, findings),
    causes: findings.rootCause?.causes ?? [],
    ...forecastsOf(request.type, findings),
    waste: wasteOf(questions, findings),
    actions: actionsOf({ findings, gaps, now }),
    gaps,
    provenance: { queries: questions.queries, methods: METHODS[request.type] },
  });
}

const CHARTS: Readonly<
  Record<ReportType, (questions: Questions, findings: Findings, timeline: readonly TimelineEntry[]) => Chart[]>
> = {
  EXECUTIVE_SUMMARY: (questions, findings, timeline) => [
    ...stateChart(questions, findings, FLEET),
    ...usageChart(questions, findings, "CPU", timeline),
    ...forecastCharts(questions, findings, 2),
    ...wasteChart(questions, findings),
  ],
  DETAILED_ANALYSIS: (questions, findings, timeline) => [
    ...stateChart(questions, findings, FLEET),
    ...(["CPU", "MEMORY", "FILESYSTEM", "GPU_MEMORY"] as const).flatMap((resource) =>
      usageChart(questions, findings, resource, timeline),
    ),
    ...forecastCharts(questions, findings, 4),
    ...wasteChart(questions, findings),
  ],
  INCIDENT_REPORT: (questions, findings) => trackCharts(questions, findings),
  CAPACITY_PLAN: (questions, findings) => [
    ...forecastCharts(questions, findings, 8),
    ...(["CPU", "MEMORY", "FILESYSTEM", "GPU_MEMORY"] as const).flatMap((resource) =>
      usageChart(questions, findings, resource, []),
    ),
    ...wasteChart(questions, findings),
  ],
};

const TABLES: Readonly<Record<ReportType, (questions: Questions, findings: Findings) => Table[]>> = {
  EXECUTIVE_SUMMARY: (questions, findings) => [
    clusterTable(questions, findings, BRIEFLY),
    ...alertGroupTable(questions, findings, BRIEFLY),
    ...gpuTables(questions, findings, BRIEFLY),
  ],
  DETAILED_ANALYSIS: (questions, findings) => [
    clusterTable(questions, findings),
    ...alertGroupTable(questions, findings),
    ...alertTable(questions, findings),
    ...anomalyTable(questions, findings),
    ...gpuTables(questions, findings),
  ],
  INCIDENT_REPORT: (questions, findings) => [
    ...incidentTables(questions, findings),
    ...anomalyTable(questions, findings),
    clusterTable(questions, findings, BRIEFLY),
  ],
  CAPACITY_PLAN: (questions, findings) => gpuTables(questions, findings),
};

/** What an incident touched says more than how the fleet is. */
function impactOf(
  type: ReportType,
  { subject, past, counts }: Findings,
  figures: readonly Figure[],
  now: Date,
): readonly Figure[] {
  if (type === "CAPACITY_PLAN") return figures.filter(({ label }) => !/alerts|Warnings/.test(label));
  if (type !== "INCIDENT_REPORT" || !subject) return figures;
  const alerts = [subject, ...(subject.relatedAlerts ?? [])];
  const lasted =
    ((subject.endsAt ? Date.parse(subject.endsAt) : now.getTime()) - Date.parse(subject.startsAt)) / 3_600_000;
  const count = (of: (alert: (typeof alerts)[number]) => string | null | undefined): number =>
    new Set(alerts.map(of).filter(Boolean)).size;
  return [
    figure(
      subject.endsAt ? "Lasted" : "Lasts for",
      lasted,
      "HOURS",
      "NEUTRAL",
      subject.endsAt ? null : "it is not over",
    ),
    figure("Related alerts", subject.relatedAlerts?.length ?? null, "COUNT", "NEUTRAL", null),
    figure(
      "Clusters touched",
      count(({ clusterName }) => clusterName),
      "COUNT",
      "NEUTRAL",
      null,
    ),
    figure(
      "Namespaces touched",
      count(({ namespace }) => namespace),
      "COUNT",
      "NEUTRAL",
      null,
    ),
    figure(
      "Occurrences so far",
      subject.occurrences?.total ?? null,
      "COUNT",
      "NEUTRAL",
      "of this alert, this one included",
    ),
    figure("Alerts of the time", past?.total ?? null, "COUNT", "NEUTRAL", "critical ones and warnings"),
    figure("Critical alerts now", counts?.critical ?? null, "COUNT", counts?.critical ? "BAD" : "GOOD", null),
  ];
}

function forecastsOf(type: ReportType, { usage }: Findings): { forecasts: readonly Forecast[]; forecastsMore: number } {
  const most = type === "EXECUTIVE_SUMMARY" ? BRIEFLY : MOST_FORECASTS;
  const forecasts = usage
    .toSorted(
      (a, b) =>
        daysOf(a) - daysOf(b) || (b.outlook.level ?? -1) - (a.outlook.level ?? -1) || (a.cluster < b.cluster ? -1 : 1),
    )
    .slice(0, most)
    .map(({ cluster, resource, outlook }) => {
      const { expected: _, ...forecast } = outlook;
      return { cluster, resource, ...forecast };
    });
  return { forecasts, forecastsMore: usage.length - forecasts.length };
}

function wasteOf(questions: Questions, { waste }: Findings): Waste | null {
  if (!waste) return null;
  const { total } = waste;
  return {
    hours: {
      observed: total.observedHours,
      busy: total.busyHours,
      idle: total.idleHours,
      unallocated: total.unallocatedHours,
      outsidePods: total.outsidePodsHours,
      unknown: total.unknownHours,
    },
    devices: total.devices,
    idleCost: total.idleCost,
    unallocatedCost: total.unallocatedCost,
    unpricedDevices: total.unpricedDevices,
    rule: IDLE_RULE,
    query: questions.idOf(WASTE),
  };
}
