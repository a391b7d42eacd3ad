import { describe, expect, it } from "vitest";
import { type BusEvent, EventType } from "../../shared/kernel/bus/events.ts";
import { toEvent, toItem, toTypedItem } from "./event.mapper.ts";

const event = (given: Partial<BusEvent> = {}): BusEvent => ({
  event_id: "e-1",
  event_type: "ALERT_FIRED",
  tenant_id: "default",
  cluster_id: "c-1",
  namespace: "upf-core",
  timestamp: "2026-01-01T00:00:00.500Z",
  payload: { severity: "critical" },
  ...given,
});

describe("toEvent", () => {
  it("has the graph's names for the wire's, and says nothing of the tenant", () => {
    expect(toEvent(event())).toEqual({
      kind: "FleetEvent",
      eventId: "e-1",
      eventType: "ALERT_FIRED",
      clusterId: "c-1",
      cluster: { id: "c-1" },
      namespace: "upf-core",
      timestamp: new Date("2026-01-01T00:00:00.500Z"),
      payload: { severity: "critical" },
    });
  });

  it.each(Object.values(EventType))("names the cluster of a %s to join from, unless it is gone", (event_type) => {
    const { cluster, clusterId } = toEvent(event({ event_type }));
    expect(clusterId).toBe("c-1");
    expect(cluster).toEqual(event_type === "CLUSTER_DELETED" ? null : { id: "c-1" });
  });

  it("names no cluster where there is none", () => {
    expect(toEvent(event({ cluster_id: null, namespace: null }))).toMatchObject({
      clusterId: null,
      cluster: null,
      namespace: null,
    });
  });

  const UUID = "00000000-0000-4000-8000-000000000001";
  const AT = "2026-01-01T00:00:00.000Z";
  const reading = {
    uuid: "GPU-1",
    index: 0,
    name: "NVIDIA H100",
    presence: "PRESENT",
    utilization_gpu_percent: 91,
    memory_used_mb: 100,
    memory_total_mb: 200,
    temperature_celsius: null,
    power_draw_watts: 300.5,
    namespace: "ai",
    pod: "train-0",
  };
  const typed: [EventType, string, Record<string, unknown>, Record<string, unknown>][] = [
    [
      "CLUSTER_STATUS_CHANGED",
      "ClusterStatusChanged",
      { old_state: "ONLINE", new_state: "OFFLINE", last_error: "x" },
      { oldState: "ONLINE", newState: "OFFLINE" },
    ],
    [
      "ALERT_FIRED",
      "AlertChanged",
      { alert_id: UUID, alertname: "Down", severity: "CRITICAL", state: "FIRING", starts_at: AT, ends_at: null },
      { alert: { id: UUID }, alertname: "Down", severity: "CRITICAL", state: "FIRING" },
    ],
    [
      "METRIC_UPDATE",
      "MetricUpdated",
      {
        watch_id: UUID,
        watch_name: "load",
        labels: { pod: "a" },
        value: "NaN",
        previous: null,
        breach: null,
        reason: "CHANGE",
      },
      { watchId: UUID, watchName: "load", labels: { pod: "a" }, value: "NaN", previous: null, reason: "CHANGE" },
    ],
    [
      "TRACE_RECEIVED",
      "TraceReceived",
      { trace_id: "0a", service: null, operation: null, duration_ms: 12.5, start_time: AT },
      { traceId: "0a", service: null, operation: null, durationMs: 12.5, startTime: new Date(AT) },
    ],
    [
      "GPU_UPDATE",
      "GPUUpdated",
      { node_name: "gpu-1", gpus: [reading] },
      {
        gpuNode: { clusterId: "c-1", nodeName: "gpu-1" },
        gpus: [expect.objectContaining({ uuid: "GPU-1", utilizationGpuPercent: 91, temperatureCelsius: null })],
      },
    ],
    [
      "GPU_HEALTH",
      "GPUHealthChanged",
      {
        health_event_id: UUID,
        node_name: "gpu-1",
        device: "GPU-1",
        kind: "XID",
        code: "79",
        severity: "CRITICAL",
        message: "Fell off the bus.",
        cleared_at: null,
      },
      { gpuNode: { clusterId: "c-1", nodeName: "gpu-1" }, trouble: "XID", code: "79", clearedAt: null },
    ],
    [
      "ANOMALY_DETECTED",
      "AnomalyDetected",
      {
        anomaly_id: UUID,
        cluster_id: UUID,
        rule_id: null,
        metric_name: "load",
        labels: { pod: "a" },
        severity: "HIGH",
        anomaly_type: "SPIKE",
        score: 4.5,
        detected_at: AT,
      },
      {
        anomaly: { id: UUID },
        ruleId: null,
        metricName: "load",
        labels: { pod: "a" },
        severity: "HIGH",
        anomalyType: "SPIKE",
        score: 4.5,
        detectedAt: new Date(AT),
      },
    ],
    [
      "RCA_COMPLETE",
      "RootCauseCompleted",
      {
        analysis_id: UUID,
        owner: "ann",
        cluster_id: null,
        subject: "cart is slow",
        verdict: "LIKELY",
        top_cause: null,
        finished_at: AT,
      },
      {
        analysis: { id: UUID },
        subject: "cart is slow",
        verdict: "LIKELY",
        topCause: null,
        finishedAt: new Date(AT),
      },
    ],
    [
      "REPORT_GENERATED",
      "ReportGenerated",
      {
        report_id: UUID,
        owner: null,
        report_type: "CAPACITY_PLAN",
        format: "PDF",
        title: "GPUs",
        status: "READY",
        size_bytes: 12,
        created_at: AT,
      },
      {
        report: { id: UUID },
        reportType: "CAPACITY_PLAN",
        format: "PDF",
        title: "GPUs",
        status: "READY",
        sizeBytes: 12,
        createdAt: new Date(AT),
      },
    ],
  ];

  it.each(typed)("takes the fields of a %s, which is a %s, out of its payload", (event_type, kind, payload, fields) => {
    expect(toEvent(event({ event_type, payload }))).toMatchObject({ kind, payload, ...fields });
    expect(toTypedItem({ cursor: "1-1", event: event({ event_type, payload }) }).event).toMatchObject(fields);
  });

  it.each(typed)("leaves a %s of another make an event without fields of its own", (event_type) => {
    expect(toEvent(event({ event_type, payload: { else: 1 } }))).toMatchObject({
      kind: "FleetEvent",
      payload: { else: 1 },
    });
    expect(toTypedItem({ cursor: "1-1", event: event({ event_type }) })).toEqual({
      cursor: "1-1",
      event: null,
      gap: null,
    });
  });
});

describe("toItem", () => {
  it("is an event or a gap, each with the cursor to go on from", () => {
    expect(toItem({ cursor: "1-2", event: event() })).toMatchObject({
      cursor: "1-2",
      event: { eventId: "e-1" },
      gap: null,
    });
    const gap = { from: "1-2", to: "1-4", count: 2, reason: "RETENTION" as const };
    expect(toItem({ cursor: "1-4", gap })).toEqual({ cursor: "1-4", event: null, gap });
  });
});
