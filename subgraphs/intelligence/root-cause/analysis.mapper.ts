import type { AnalysisRow, StoredCause, StoredEvidence, StoredIncident } from "./analysis.repository.ts";
import type { RootCauseAnalysis } from "./analysis.type.ts";
import type { RootCause, RootCauseEvidence } from "./evidence.type.ts";
import type { Incident } from "./incident.type.ts";
import type { FleetIncident } from "./incidents.service.ts";

const MOST_ALERTS = 100;

export const toAnalysis = (row: AnalysisRow): RootCauseAnalysis => ({
  ...row,
  cluster: { id: row.clusterId },
  alert: row.alertId === null ? null : { id: row.alertId },
  causes: (row.result?.causes ?? []).map((cause) => toCause(cause, row.clusterId)),
  incident: row.result?.incident ? toStoredIncident(row.result.incident, row.clusterId) : null,
  missing: row.result?.missing ?? [],
  progress: row.status === "RUNNING" ? row.progress : null,
});

function toCause({ entity, evidence, ...cause }: StoredCause, clusterId: string): RootCause {
  const { kind, namespace, name, pods } = entity;
  return {
    ...cause,
    entity: {
      kind,
      namespace,
      name,
      pods: pods.map((pod) => ({ ...pod, clusterId })),
      node: kind === "NODE" ? { clusterId, name } : null,
      gpu: kind === "GPU" ? { clusterId, uuid: name } : null,
    },
    evidence: evidence.map(toEvidence),
  };
}

const toEvidence = ({ at, start, end, ...evidence }: StoredEvidence): RootCauseEvidence => ({
  ...evidence,
  at: new Date(at),
  start: new Date(start),
  end: new Date(end),
});

const toStoredIncident = ({ id, startsAt, labels, alertIds }: StoredIncident, clusterId: string): Incident => ({
  id,
  startsAt: new Date(startsAt),
  labels,
  alertCount: alertIds.length,
  alerts: alertIds.slice(0, MOST_ALERTS).map((alertId) => ({ id: alertId })),
  clusters: [{ id: clusterId }],
});

export const toIncident = ({ id, startsAt, labels, alerts, clusterIds }: FleetIncident): Incident => ({
  id,
  startsAt: new Date(startsAt),
  labels: { ...labels },
  alertCount: alerts.length,
  alerts: alerts.slice(0, MOST_ALERTS).map((alert) => ({ id: alert.id })),
  clusters: clusterIds.map((clusterId) => ({ id: clusterId })),
});
