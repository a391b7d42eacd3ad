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

/** How bad what an event tells of is; null where that cannot be said. */
export const severityOf = ({ payload }: Pick<BusEvent, "payload">): "CRITICAL" | "WARNING" | "INFO" | null =>
  severity.safeParse(payload["severity"]).data ?? null;
