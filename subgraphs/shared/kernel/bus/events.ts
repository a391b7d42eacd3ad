import { z } from "zod";

/** Every kind of event: those of spec 6.1, and the further ones our subgraphs publish. */
export const EventType = {
  CLUSTER_REGISTERED: "CLUSTER_REGISTERED",
  CLUSTER_UPDATED: "CLUSTER_UPDATED",
  CLUSTER_DELETED: "CLUSTER_DELETED",
  CLUSTER_STATUS_CHANGED: "CLUSTER_STATUS_CHANGED",
  CLUSTER_CREDENTIALS_UPDATED: "CLUSTER_CREDENTIALS_UPDATED",
  CLUSTER_CREDENTIALS_EXPIRING: "CLUSTER_CREDENTIALS_EXPIRING",
  CLUSTER_CAPABILITIES_CHANGED: "CLUSTER_CAPABILITIES_CHANGED",
  METRIC_UPDATE: "METRIC_UPDATE",
  ALERT_FIRED: "ALERT_FIRED",
  ALERT_RESOLVED: "ALERT_RESOLVED",
  TRACE_RECEIVED: "TRACE_RECEIVED",
  GPU_UPDATE: "GPU_UPDATE",
  GPU_HEALTH: "GPU_HEALTH",
  ANOMALY_DETECTED: "ANOMALY_DETECTED",
  RCA_COMPLETE: "RCA_COMPLETE",
  REPORT_GENERATED: "REPORT_GENERATED",
  CHAT_MESSAGE: "CHAT_MESSAGE",
} as const;
export type EventType = (typeof EventType)[keyof typeof EventType];

/** An event as it travels: snake_case, as the spec names its fields. The tenant decides who may ever see it. */
export const BusEvent = z.object({
  event_id: z.uuid(),
  event_type: z.enum(EventType),
  tenant_id: z.string(),
  cluster_id: z.uuid().nullable(),
  namespace: z.string().nullable(),
  timestamp: z.iso.datetime(),
  payload: z.record(z.string(), z.unknown()),
});
export type BusEvent = z.infer<typeof BusEvent>;

/** The one topic that all events of the fleet share. */
export const EVENTS = "events";
