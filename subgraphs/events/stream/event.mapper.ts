import type { BusEvent, EventType } from "../../shared/kernel/bus/events.ts";
import {
  AlertPayload,
  AnomalyPayload,
  ClusterStatusPayload,
  GpuHealthPayload,
  GpuUpdatePayload,
  MetricPayload,
  ReportPayload,
  RootCausePayload,
  TracePayload,
} from "../../shared/kernel/bus/payloads.ts";
import type { Reading } from "../../shared/kernel/bus/reader.ts";
import type { AlertChanged } from "./alert-event.type.ts";
import type { AnomalyDetected } from "./anomaly-event.type.ts";
import type { ClusterStatusChanged } from "./cluster-event.type.ts";
import type { Event, EventItem } from "./event.type.ts";
import type { GPUHealthChanged, GPUUpdated } from "./gpu-event.type.ts";
import type { MetricUpdated } from "./metric-event.type.ts";
import type { ReportGenerated } from "./report-event.type.ts";
import type { RootCauseCompleted } from "./root-cause-event.type.ts";
import type { TraceReceived } from "./trace-event.type.ts";

export function toItem(reading: Reading<BusEvent>): EventItem {
  const { cursor } = reading;
  return "gap" in reading
    ? { cursor, event: null, gap: reading.gap }
    : { cursor, event: toEvent(reading.event), gap: null };
}

/** As `toItem`, for a stream whose events are all of the type E. One whose payload is not E's has no event: only its cursor counts. */
export function toTypedItem<E extends Event>(
  reading: Reading<BusEvent>,
): { cursor: string; event: E | null; gap: EventItem["gap"] } {
  const { cursor, event, gap } = toItem(reading);
  return { cursor, event: event && event.kind !== "FleetEvent" ? (event as E) : null, gap };
}

/**
 * From the wire's names to the graph's; a typed event's fields come out of its payload. One whose payload is not as its type's
 * should be (an older or a newer publisher's) stays an event without fields of its own.
 */
export function toEvent(event: BusEvent): Event {
  const base: Event = {
    kind: "FleetEvent",
    eventId: event.event_id,
    eventType: event.event_type,
    clusterId: event.cluster_id,
    // A deleted cluster has no owner left to join from: the key alone would be an error for each of its fields.
    cluster: event.cluster_id && event.event_type !== "CLUSTER_DELETED" ? { id: event.cluster_id } : null,
    namespace: event.namespace,
    timestamp: new Date(event.timestamp),
    payload: event.payload,
  };
  return TYPED[event.event_type]?.(base) ?? base;
}

/** The typed event, or null where the payload is not of its type. */
type Typed = (base: Event) => Event | null;

const clusterStatus: Typed = (base) => {
  const { data } = ClusterStatusPayload.safeParse(base.payload);
  if (!data) return null;
  const { old_state: oldState, new_state: newState } = data;
  const changed: ClusterStatusChanged = { ...base, kind: "ClusterStatusChanged", oldState, newState };
  return changed;
};

const alert: Typed = (base) => {
  const { data } = AlertPayload.safeParse(base.payload);
  if (!data) return null;
  const { alert_id, alertname, severity, state } = data;
  const changed: AlertChanged = { ...base, kind: "AlertChanged", alert: { id: alert_id }, alertname, severity, state };
  return changed;
};

const metric: Typed = (base) => {
  const { data } = MetricPayload.safeParse(base.payload);
  if (!data) return null;
  const { watch_id: watchId, watch_name: watchName, labels, value, previous, reason } = data;
  const updated: MetricUpdated = {
    ...base,
    kind: "MetricUpdated",
    watchId,
    watchName,
    labels,
    value,
    previous,
    reason,
  };
  return updated;
};

const trace: Typed = (base) => {
  const { data } = TracePayload.safeParse(base.payload);
  if (!data) return null;
  const received: TraceReceived = {
    ...base,
    kind: "TraceReceived",
    traceId: data.trace_id,
    service: data.service,
    operation: data.operation,
    durationMs: data.duration_ms,
    startTime: new Date(data.start_time),
  };
  return received;
};

const gpuUpdate: Typed = (base) => {
  const { data } = GpuUpdatePayload.safeParse(base.payload);
  if (!data) return null;
  const updated: GPUUpdated = {
    ...base,
    kind: "GPUUpdated",
    gpuNode: gpuNode(base, data.node_name),
    gpus: data.gpus.map((reading) => ({
      uuid: reading.uuid,
      index: reading.index,
      name: reading.name,
      presence: reading.presence,
      utilizationGpuPercent: reading.utilization_gpu_percent,
      memoryUsedMb: reading.memory_used_mb,
      memoryTotalMb: reading.memory_total_mb,
      temperatureCelsius: reading.temperature_celsius,
      powerDrawWatts: reading.power_draw_watts,
      namespace: reading.namespace,
      pod: reading.pod,
    })),
  };
  return updated;
};

const gpuHealth: Typed = (base) => {
  const { data } = GpuHealthPayload.safeParse(base.payload);
  if (!data) return null;
  const { node_name, device, kind: trouble, code, severity, message, cleared_at } = data;
  const clearedAt = cleared_at === null ? null : new Date(cleared_at);
  const changed: GPUHealthChanged = {
    ...base,
    kind: "GPUHealthChanged",
    gpuNode: gpuNode(base, node_name),
    device,
    trouble,
    code,
    severity,
    message,
    clearedAt,
  };
  return changed;
};

const gpuNode = ({ clusterId }: Event, nodeName: string) => (clusterId === null ? null : { clusterId, nodeName });

const anomaly: Typed = (base) => {
  const { data } = AnomalyPayload.safeParse(base.payload);
  if (!data) return null;
  const detected: AnomalyDetected = {
    ...base,
    kind: "AnomalyDetected",
    anomaly: { id: data.anomaly_id },
    ruleId: data.rule_id,
    metricName: data.metric_name,
    labels: data.labels,
    severity: data.severity,
    anomalyType: data.anomaly_type,
    score: data.score,
    detectedAt: new Date(data.detected_at),
  };
  return detected;
};

const rootCause: Typed = (base) => {
  const { data } = RootCausePayload.safeParse(base.payload);
  if (!data) return null;
  const completed: RootCauseCompleted = {
    ...base,
    kind: "RootCauseCompleted",
    analysis: { id: data.analysis_id },
    subject: data.subject,
    verdict: data.verdict,
    topCause: data.top_cause,
    finishedAt: new Date(data.finished_at),
  };
  return completed;
};

const report: Typed = (base) => {
  const { data } = ReportPayload.safeParse(base.payload);
  if (!data) return null;
  const generated: ReportGenerated = {
    ...base,
    kind: "ReportGenerated",
    report: { id: data.report_id },
    reportType: data.report_type,
    format: data.format,
    title: data.title,
    status: data.status,
    sizeBytes: data.size_bytes,
    createdAt: new Date(data.created_at),
  };
  return generated;
};

const TYPED: Partial<Record<EventType, Typed>> = {
  CLUSTER_STATUS_CHANGED: clusterStatus,
  ALERT_FIRED: alert,
  ALERT_RESOLVED: alert,
  METRIC_UPDATE: metric,
  TRACE_RECEIVED: trace,
  GPU_UPDATE: gpuUpdate,
  GPU_HEALTH: gpuHealth,
  ANOMALY_DETECTED: anomaly,
  RCA_COMPLETE: rootCause,
  REPORT_GENERATED: report,
};
