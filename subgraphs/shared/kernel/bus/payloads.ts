import { z } from "zod";
import type { BusEvent } from "./events.ts";

// What events of a type carry besides what all have: publishers and readers share it. Names are snake_case, as the spec's are.
// A reader takes what it knows and leaves the rest to `payload`, so that a newer publisher may add.

const severity = z.enum(["CRITICAL", "WARNING", "INFO"]);
const number = z.number().nullable();

const clusterState = z.enum(["ONLINE", "OFFLINE", "DEGRADED", "UNKNOWN", "PROVISIONING"]);

export const ClusterStatusPayload = z.looseObject({ old_state: clusterState, new_state: clusterState });

export const AlertPayload = z.looseObject({
  alert_id: z.uuid(),
  alertname: z.string(),
  severity,
  state: z.enum(["FIRING", "RESOLVED"]),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime().nullable(),
});
export type AlertPayload = z.infer<typeof AlertPayload>;

export const MetricPayload = z.looseObject({
  watch_id: z.uuid(),
  watch_name: z.string(),
  labels: z.record(z.string(), z.string()),
  /** As Prometheus writes values: NaN and Inf are strings too. */
  value: z.string(),
  previous: z.string().nullable(),
  /** Which threshold is crossed now; null where none is. */
  breach: z.enum(["ABOVE", "BELOW"]).nullable(),
  reason: z.enum(["THRESHOLD", "BACK", "CHANGE"]),
});
export type MetricPayload = z.infer<typeof MetricPayload>;

export const TracePayload = z.looseObject({
  trace_id: z.string(),
  service: z.string().nullable(),
  operation: z.string().nullable(),
  duration_ms: number,
  start_time: z.iso.datetime(),
});
export type TracePayload = z.infer<typeof TracePayload>;

/** One device's readings at the event's time; what is unknown is null. */
export const GpuReading = z.looseObject({
  uuid: z.string(),
  index: number,
  name: z.string().nullable(),
  /** MISSING: the device was there, and is seen no more. */
  presence: z.enum(["PRESENT", "MISSING"]),
  utilization_gpu_percent: number,
  memory_used_mb: number,
  memory_total_mb: number,
  temperature_celsius: number,
  power_draw_watts: number,
  namespace: z.string().nullable(),
  pod: z.string().nullable(),
});
export const GpuUpdatePayload = z.looseObject({ node_name: z.string(), gpus: z.array(GpuReading) });
export type GpuUpdatePayload = z.infer<typeof GpuUpdatePayload>;

export const GpuHealthPayload = z.looseObject({
  health_event_id: z.uuid(),
  node_name: z.string(),
  device: z.string(),
  kind: z.string(),
  code: z.string(),
  severity,
  message: z.string(),
  /** When it was first not seen any more; null while it stands. */
  cleared_at: z.iso.datetime().nullable(),
});
export type GpuHealthPayload = z.infer<typeof GpuHealthPayload>;

/** An anomaly's own scale, as the spec has it. */
const anomalySeverity = z.enum(["HIGH", "MEDIUM", "LOW"]);

export const AnomalyPayload = z.looseObject({
  anomaly_id: z.uuid(),
  cluster_id: z.uuid(),
  /** Which rule looked for it; null where somebody only asked. */
  rule_id: z.uuid().nullable(),
  metric_name: z.string(),
  labels: z.record(z.string(), z.string()),
  severity: anomalySeverity,
  anomaly_type: z.enum(["SPIKE", "DROP", "TREND_CHANGE", "PATTERN_BREAK", "THRESHOLD_BREACH"]),
  /** How rare it is. */
  score: z.number(),
  detected_at: z.iso.datetime(),
});
export type AnomalyPayload = z.infer<typeof AnomalyPayload>;

/** The one user who may hear of an event, beside administrators; null where everybody may who may see its cluster. */
const owner = z.string().nullable();

export const RootCausePayload = z.looseObject({
  analysis_id: z.uuid(),
  owner,
  cluster_id: z.uuid().nullable(),
  subject: z.string(),
  verdict: z.string(),
  /** Null where none was found. */
  top_cause: z.string().nullable(),
  finished_at: z.iso.datetime(),
});
export type RootCausePayload = z.infer<typeof RootCausePayload>;

export const ReportPayload = z.looseObject({
  report_id: z.uuid(),
  owner,
  report_type: z.string(),
  format: z.string(),
  title: z.string(),
  status: z.string(),
  size_bytes: number,
  created_at: z.iso.datetime(),
});
export type ReportPayload = z.infer<typeof ReportPayload>;

type Payload = Pick<BusEvent, "payload">;
type Severity = z.infer<typeof severity>;

const AS_BAD_AS = { HIGH: "CRITICAL", MEDIUM: "WARNING", LOW: "INFO" } as const;

/** How bad what an event tells of is, an anomaly's on the scale of all others; null where that cannot be said. */
export function severityOf({ payload }: Payload): Severity | null {
  const { data } = z.union([severity, anomalySeverity]).safeParse(payload["severity"]);
  if (data === undefined) return null;
  return data === "HIGH" || data === "MEDIUM" || data === "LOW" ? AS_BAD_AS[data] : data;
}

/** The user whose event it is; null where it is nobody's own. */
export function ownerOf({ payload }: Payload): string | null {
  const { owner: named = null } = payload;
  // What is no name is nobody's: for administrators only.
  return named === null || typeof named === "string" ? named : "";
}
