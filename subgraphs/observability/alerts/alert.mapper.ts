import { type Page, type PageRequest, pageOf } from "../../shared/kernel/page.ts";
import type { AlertRow } from "./alert.repository.ts";
import type { Alert } from "./alert.type.ts";
import type { Group, GroupKey } from "./alert-count.repository.ts";
import type { AlertGroup } from "./alert-count.type.ts";

/** @param now an acknowledgement that has ended by then is none. */
export function toAlert(row: AlertRow, now: Date): Alert {
  const { ackOwner, ackNote, ackAt, ackUntil, ...alert } = row;
  const { clusterId, namespace, pod, node } = alert;
  const acknowledged = ackOwner && ackAt && !(ackUntil && ackUntil <= now);
  return {
    ...alert,
    cluster: { id: clusterId },
    pod: namespace && pod ? { clusterId, namespace, name: pod } : null,
    node: node ? { clusterId, name: node } : null,
    acknowledgement: acknowledged ? { owner: ackOwner, note: ackNote, at: ackAt, until: ackUntil } : null,
  };
}

export const toAlertPage = (
  { rows, total }: { rows: AlertRow[]; total: number },
  page: PageRequest,
  now: Date,
): Page<Alert> =>
  pageOf(
    rows.map((row) => toAlert(row, now)),
    total,
    page,
  );

/** A group's values under the names that were asked for. */
export function toGroup(
  { values, counts, clusters, oldest, latest }: Group,
  { keys, labels }: { keys: readonly GroupKey[]; labels: readonly string[] },
): AlertGroup {
  const under = (key: GroupKey): string | null => {
    const index = keys.indexOf(key);
    return index < 0 ? null : (values[index] ?? null);
  };
  const clusterId = under("CLUSTER");
  return {
    cluster: clusterId ? { id: clusterId } : null,
    severity: under("SEVERITY") as AlertGroup["severity"],
    namespace: under("NAMESPACE"),
    alertname: under("ALERTNAME"),
    labels: Object.fromEntries(labels.map((name, index) => [name, values[keys.length + index] ?? null])),
    counts,
    clusterCount: clusters,
    oldestStartsAt: oldest,
    latestStartsAt: latest,
  };
}
