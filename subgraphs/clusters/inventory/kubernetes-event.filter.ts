import type { EventObject } from "../../shared/upstreams/kubernetes/objects/event.ts";

/** Which events: those that match every given part. */
export interface KubernetesEventFilter {
  namespace?: string | null;
  type?: string | null;
  reason?: string | null;
  involvedKind?: string | null;
  involvedName?: string | null;
  since?: Date | null;
}

/** The filter as a test. */
export function eventTest(filter: KubernetesEventFilter): (event: EventObject) => boolean {
  const { namespace, type, reason, involvedKind, involvedName, since } = filter;
  return (event) =>
    (!namespace || event.namespace === namespace) &&
    (!type || event.type === type) &&
    (!reason || event.reason === reason) &&
    (!involvedKind || event.involved.kind === involvedKind) &&
    (!involvedName || event.involved.name === involvedName) &&
    (!since || (event.lastSeenAt !== null && event.lastSeenAt >= since));
}

/** The newest first; those of one moment by namespace and name. */
export function newestFirst(a: EventObject, b: EventObject): number {
  const later = (b.lastSeenAt?.getTime() ?? 0) - (a.lastSeenAt?.getTime() ?? 0);
  if (later !== 0) return later;
  const [first, second] = [`${a.namespace} ${a.name}`, `${b.namespace} ${b.name}`];
  return first < second ? -1 : first > second ? 1 : 0;
}
