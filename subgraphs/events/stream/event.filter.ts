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
 * Whether the identity may see the event: never another tenant's, nor one of a cluster out of its scope. The scope is asked of
 * the database each time, as it stands now: labels change, and with them who sees what.
 */
export async function visible(identity: Identity, directory: FleetDirectory, event: BusEvent): Promise<boolean> {
  if (event.tenant_id !== identity.tenant) return false;
  if (!identity.scope) return true;
  return event.cluster_id !== null && (await directory.visible(identity, [event.cluster_id])).has(event.cluster_id);
}
