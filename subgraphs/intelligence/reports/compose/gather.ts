import type { Resource } from "../model/forecast.ts";
import type { ReportType } from "../model/report.ts";
import { activeAlerts, alertCounts, pastAlerts } from "./alerts.ts";
import { anomaliesOf } from "./anomalies.ts";
import { BATCH, mayHaveGpus, operationsFor, type Range, usageOf } from "./capacity.ts";
import { rootCauseOf } from "./causes.ts";
import { type Findings, NOTHING } from "./findings.ts";
import { clustersOf, type FleetCluster } from "./fleet.ts";
import { gpuSummary, gpuWaste } from "./gpu.ts";
import { subjectOf, tracksOf, windowOf } from "./incident.ts";
import type { Questions } from "./questions.ts";
import type { ReportRequest } from "./request.ts";

const RESOURCES_OF: Readonly<Record<ReportType, readonly Resource[]>> = {
  EXECUTIVE_SUMMARY: ["CPU", "MEMORY", "FILESYSTEM"],
  DETAILED_ANALYSIS: ["CPU", "MEMORY", "FILESYSTEM", "VOLUME", "GPU_MEMORY"],
  INCIDENT_REPORT: [],
  CAPACITY_PLAN: ["CPU", "CPU_REQUESTS", "MEMORY", "MEMORY_REQUESTS", "FILESYSTEM", "VOLUME", "GPU_MEMORY"],
};

export interface Gathered {
  readonly findings: Findings;
  /** What the report is over: of an alert's, the time around it. */
  readonly range: Range;
}

/** What the type of report is made of. One operation asks of many clusters: never one of each. */
export async function gather(questions: Questions, request: ReportRequest, now: Date): Promise<Gathered> {
  if (request.type === "INCIDENT_REPORT") return await ofIncident(questions, request, now);
  const clusters = await clustersOf(questions, request.clusterIds);
  const findings = clusters.length === 0 ? { ...NOTHING, clusters } : await ofFleet(questions, request, clusters);
  return { findings, range: request.range };
}

async function ofFleet(
  questions: Questions,
  request: ReportRequest,
  clusters: readonly FleetCluster[],
): Promise<Findings> {
  const { type, range, parameters } = request;
  const ids = clusters.map(({ id }) => id);
  const resources = RESOURCES_OF[type];
  const gpus = Math.ceil(clusters.filter(mayHaveGpus).length / BATCH);
  const isPlan = type === "CAPACITY_PLAN";
  const isDetailed = type === "DETAILED_ANALYSIS";
  questions.expect(operationsFor(resources, clusters.length) + gpus + 1 + (isPlan ? 0 : 2) + (isDetailed ? 2 : 0));
  return {
    ...NOTHING,
    clusters,
    counts: isPlan ? null : await alertCounts(questions, ids),
    active: isPlan ? null : await activeAlerts(questions, ids),
    past: isDetailed
      ? await pastAlerts(questions, { clusterIds: ids, severities: ["CRITICAL", "WARNING"] }, range)
      : null,
    anomalies: isDetailed ? await anomaliesOf(questions, ids, range) : null,
    gpus: await gpuSummary(questions, clusters),
    waste: await gpuWaste(questions, clusters, range, parameters.prices),
    usage: await usageOf(questions, clusters, resources, range),
  };
}

async function ofIncident(questions: Questions, request: ReportRequest, now: Date): Promise<Gathered> {
  const { alertId = null, analysisId = null } = request.parameters;
  questions.expect(alertId === null ? 5 : 7);
  const subject = alertId === null ? null : await subjectOf(questions, alertId);
  const range = subject ? windowOf(subject, now) : request.range;
  const scope = request.clusterIds.length === 0 && subject ? [subject.clusterId] : request.clusterIds;
  const clusters = await clustersOf(questions, scope);
  const ids = clusters.map(({ id }) => id);
  if (ids.length === 0) return { findings: { ...NOTHING, clusters, subject }, range };
  const asked = analysisId !== null || alertId !== null;
  return {
    range,
    findings: {
      ...NOTHING,
      clusters,
      subject,
      counts: await alertCounts(questions, ids),
      active: subject ? null : await activeAlerts(questions, ids),
      past: await pastAlerts(questions, { clusterIds: ids, severities: ["CRITICAL", "WARNING"] }, range),
      anomalies: await anomaliesOf(questions, ids, range),
      rootCause: asked ? await rootCauseOf(questions, { analysisId, alertId }) : null,
      tracks: subject ? await tracksOf(questions, subject, range) : [],
    },
  };
}
