import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { BusEvent } from "../../shared/kernel/bus/events.ts";

export interface EventFilter {
  eventTypes?: readonly string[] | null;
  clusterIds?: readonly string[] | null;
  namespaces?: readonly string[] | null;
}

/** Whether the caller asked for the event. */
export function matches({ eventTypes, clusterIds, namespaces }: EventFilter, event: BusEvent): boolean {
  if (eventTypes?.length && !eventTypes.includes(event.event_type)) return false;
  if (clusterIds?.length && !(event.cluster_id && clusterIds.includes(event.cluster_id))) return false;
  return !namespaces?.length || (event.namespace !== null && namespaces.includes(event.namespace));
}

/**
 * Which of the events the identity may see: never another tenant's, nor one of a cluster out of its scope. The scope is asked of
 * the database each time, as it stands now, in one statement for all: labels change, and with them who sees what.
 */
export async function visible(
  identity: Identity,
  directory: FleetDirectory,
  events: readonly BusEvent[],
): Promise<boolean[]> {
  const own = events.filter((event) => event.tenant_id === identity.tenant);
  const ids = new Set(own.flatMap(({ cluster_id }) => cluster_id ?? []));
  const inScope = identity.scope && ids.size > 0 ? await directory.visible(identity, [...ids]) : ids;
  return events.map(({ tenant_id, cluster_id }) => {
    if (tenant_id !== identity.tenant) return false;
    return cluster_id === null ? !identity.scope : inScope.has(cluster_id);
  });
}
