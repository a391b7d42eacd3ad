import { fingerprintOf } from "../../subgraphs/observability/alerts/fingerprint.mapper.ts";
import type { ActiveAlert } from "../../subgraphs/shared/upstreams/alertmanager/schema.ts";

type Labels = Record<string, string>;

const BEGAN = new Date("2026-01-01T00:00:00Z");

/** As an Alertmanager lists it. */
export const activeAlert = (labels: Labels, given: Partial<ActiveAlert> = {}): ActiveAlert => ({
  fingerprint: fingerprintOf(labels),
  labels,
  annotations: {},
  startsAt: BEGAN,
  generatorUrl: "",
  silencedBy: [],
  inhibitedBy: [],
  ...given,
});

export interface Notified {
  labels: Labels;
  annotations?: Labels;
  startsAt: Date;
  /** Resolved, where given. */
  endsAt?: Date;
}

/** A notification as Alertmanager posts it. */
export const notification = (alerts: readonly Notified[], more: object = {}): Record<string, unknown> => ({
  version: "4",
  receiver: "aiops",
  status: alerts.some(({ endsAt }) => endsAt === undefined) ? "firing" : "resolved",
  groupKey: '{}:{alertname="test"}',
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
  externalURL: "http://alertmanager.example",
  truncatedAlerts: 0,
  notification_reason: "what newer versions add",
  alerts: alerts.map(({ labels, annotations = {}, startsAt, endsAt }) => ({
    status: endsAt ? "resolved" : "firing",
    labels,
    annotations,
    startsAt: startsAt.toISOString(),
    endsAt: endsAt?.toISOString() ?? "0001-01-01T00:00:00Z",
    generatorURL: "http://prometheus.example/graph",
    fingerprint: fingerprintOf(labels),
  })),
  ...more,
});
