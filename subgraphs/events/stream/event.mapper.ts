import type { ClusterState } from "../../../prisma/generated/enums.ts";
import type { BusEvent } from "../../shared/kernel/bus/events.ts";
import type { Reading } from "../../shared/kernel/bus/reader.ts";
import type { ClusterStatusChanged, Event, EventItem } from "./event.type.ts";

export function toItem(reading: Reading<BusEvent>): EventItem {
  const { cursor } = reading;
  return "gap" in reading
    ? { cursor, event: null, gap: reading.gap }
    : { cursor, event: toEvent(reading.event), gap: null };
}

/** From the wire's names to the graph's; a typed event's fields come out of its payload. */
export function toEvent(event: BusEvent): Event {
  const base: Event = {
    eventId: event.event_id,
    eventType: event.event_type,
    clusterId: event.cluster_id,
    // A deleted cluster has no owner left to join from: the key alone would be an error for each of its fields.
    cluster: event.cluster_id && event.event_type !== "CLUSTER_DELETED" ? { id: event.cluster_id } : null,
    namespace: event.namespace,
    timestamp: new Date(event.timestamp),
    payload: event.payload,
  };
  if (event.event_type !== "CLUSTER_STATUS_CHANGED") return base;
  const changed: ClusterStatusChanged = {
    ...base,
    oldState: event.payload["old_state"] as ClusterState,
    newState: event.payload["new_state"] as ClusterState,
  };
  return changed;
}
