import type { Labels } from "../world/alerts/rule.ts";
import type { ReceivedAlert } from "./alerts.ts";

export const GROUP_BY = ["alertname"] as const;

export interface AlertGroup {
  readonly receiver: string;
  readonly labels: Labels;
  readonly alerts: readonly ReceivedAlert[];
}

/** Alerts of one receiver and one name. */
export function grouped(alerts: readonly ReceivedAlert[]): AlertGroup[] {
  const groups = new Map<string, AlertGroup & { alerts: ReceivedAlert[] }>();
  for (const alert of alerts) {
    const labels = Object.fromEntries(GROUP_BY.map((name) => [name, alert.labels[name] ?? ""]));
    const key = JSON.stringify([labels, alert.receiver]);
    const group = groups.get(key) ?? { receiver: alert.receiver, labels, alerts: [] };
    group.alerts.push(alert);
    groups.set(key, group);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}
