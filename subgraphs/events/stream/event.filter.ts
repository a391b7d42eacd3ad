import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { BusEvent } from "../../shared/kernel/bus/events.ts";
import { ownerOf, severityOf } from "../../shared/kernel/bus/payloads.ts";
import { isWithin } from "../../shared/kernel/namespaces.ts";

export interface EventFilter {
  eventTypes?: readonly string[] | null;
  clusterIds?: readonly string[] | null;
  /** A Kubernetes label selector over clusters. */
  labelSelector?: string | null;
  severities?: readonly string[] | null;
  namespaces?: readonly string[] | null;
}

/** Whether the caller asked for the event, by what the event itself says; the labels of its cluster are the directory's to know. */
export function matches(
  { eventTypes, clusterIds, labelSelector, severities, namespaces }: EventFilter,
  event: BusEvent,
): boolean {
  if (eventTypes?.length && !eventTypes.includes(event.event_type)) return false;
  if (clusterIds?.length && !(event.cluster_id && clusterIds.includes(event.cluster_id))) return false;
  if (labelSelector && event.cluster_id === null) return false;
  if (severities?.length && !severities.includes(severityOf(event) ?? "")) return false;
  return !namespaces?.length || (event.namespace !== null && namespaces.includes(event.namespace));
}

/** About a cluster itself, which is seen by whoever sees some of its namespaces. */
const OF_CLUSTER: ReadonlySet<string> = new Set([
  "CLUSTER_REGISTERED",
  "CLUSTER_UPDATED",
  "CLUSTER_DELETED",
  "CLUSTER_STATUS_CHANGED",
]);

/** About what is in one namespace. Other events tell what somebody found who may see more, or are about what is of none. */
const OF_NAMESPACE: ReadonlySet<string> = new Set([
  "ALERT_FIRED",
  "ALERT_RESOLVED",
  "ANOMALY_DETECTED",
  "METRIC_UPDATE",
]);

const isSeenBy = ({ scope }: Identity, { event_type, namespace }: BusEvent): boolean =>
  !scope?.namespaces ||
  OF_CLUSTER.has(event_type) ||
  (OF_NAMESPACE.has(event_type) && isWithin(scope.namespaces, namespace));

/**
 * Which of the events the identity may see, of clusters with these labels: never another tenant's, nor one of a cluster out of its
 * scope, of a namespace that it does not see, nor another user's own (an administrator sees those too). The scope is asked of the database each time, as it stands now, in
 * one statement for all: labels change, and with them who sees what.
 */
export async function visible(
  identity: Identity,
  directory: FleetDirectory,
  events: readonly BusEvent[],
  labelSelector?: string | null,
): Promise<boolean[]> {
  const own = events.filter((event) => event.tenant_id === identity.tenant);
  const ids = new Set(own.flatMap(({ cluster_id }) => cluster_id ?? []));
  const asked = (identity.scope || labelSelector) && ids.size > 0;
  const inScope = asked ? await directory.visible(identity, [...ids], { labelSelector }) : ids;
  return events.map((event) => {
    const { tenant_id, cluster_id } = event;
    if (tenant_id !== identity.tenant) return false;
    const owner = ownerOf(event);
    if (!isSeenBy(identity, event)) return false;
    if (owner !== null && owner !== identity.user && !identity.roles.includes("admin")) return false;
    // What is of no cluster may be about any: one with a scope sees only what is their own.
    return cluster_id === null ? !identity.scope || owner === identity.user : inScope.has(cluster_id);
  });
}
