import type { ToldAlert, ToldHealthEvent } from "./alert-question.service.ts";
import type { Change, ClusterEvent, EntityRef, LogLine, RelatedAlert, SpanSignal, TopologyEdge } from "./core/index.ts";
import type { ToldEvent } from "./inventory.service.ts";
import { changeKindOf, entityKey, gpuEntity, nodeEntity, type Place, type PlacedPod } from "./place.mapper.ts";
import type { ToldLine, ToldTrace } from "./signal-question.service.ts";

const NODE_LABELS = ["node", "node_name", "k8s_node_name", "kubernetes_host", "hostname", "nodename"] as const;

/** A line of a pod, or of a node's system; null for what is of neither. */
export function toLogLine(line: ToldLine, place: Place): LogLine | null {
  const { pod, stream, structuredMetadata, timestamp, traceId } = line;
  const node = NODE_LABELS.map((name) => stream[name]).find(Boolean);
  const entity = pod ? place.ofPod(pod.namespace, pod.name) : node ? nodeEntity(node) : null;
  if (!entity) return null;
  const { message, level } = textOf(line.message);
  return {
    entity,
    time: timestamp,
    message,
    level: level ?? structuredMetadata["detected_level"] ?? stream["level"] ?? stream["detected_level"] ?? null,
    traceId,
  };
}

const MESSAGES = ["message", "msg", "log", "error"] as const;
const LEVELS = ["level", "severity", "lvl"] as const;

/** What a line says, without what only wraps it. */
function textOf(line: string): { message: string; level: string | null } {
  if (!line.startsWith("{")) return { message: line, level: null };
  try {
    const fields = JSON.parse(line) as Record<string, unknown>;
    const text = (names: readonly string[]): string | null => {
      const value = names.map((name) => fields[name]).find((found) => typeof found === "string");
      return typeof value === "string" ? value : null;
    };
    return { message: text(MESSAGES) ?? line, level: text(LEVELS) };
  } catch {
    return { message: line, level: null };
  }
}

export const toSpans = (traces: readonly ToldTrace[], place: Place): SpanSignal[] =>
  traces.flatMap(({ traceId, spans }) =>
    (spans ?? []).flatMap((span): SpanSignal[] => {
      if (span.serviceName === null) return [];
      const namespace = span.pod?.namespace ?? span.resource["k8s.namespace.name"] ?? null;
      return [
        {
          traceId,
          spanId: span.spanId,
          parentId: span.parentSpanId,
          entity: place.ofService(namespace, span.serviceName, span.pod),
          operation: span.operationName,
          start: span.startTime,
          durationMs: span.durationMs,
          error: span.status === "ERROR",
        },
      ];
    }),
  );

/** Who calls whom, each once. */
export function callEdges(spans: readonly SpanSignal[]): TopologyEdge[] {
  const byId = new Map(spans.map((span) => [`${span.traceId}/${span.spanId}`, span]));
  const edges = new Map<string, TopologyEdge>();
  for (const { traceId, parentId, entity: to } of spans) {
    const from = byId.get(`${traceId}/${parentId}`)?.entity;
    if (!from || entityKey(from) === entityKey(to)) continue;
    edges.set(`${entityKey(from)} ${entityKey(to)}`, { from, to, kind: "CALLS" });
  }
  return [...edges.values()];
}

/** What a Kubernetes event is about, by the name the search has for it. */
export function subjectOf({ about: { kind, namespace, name } }: ToldEvent, place: Place): EntityRef | null {
  if (kind === "Node") return nodeEntity(name);
  if (!namespace) return null;
  if (kind === "Pod") return place.ofPod(namespace, name);
  if (kind === "Certificate" || kind === "CertificateRequest") return { kind: "CERTIFICATE", namespace, name };
  if (kind === "ReplicaSet") {
    return place.workload(namespace, name.replace(/-[a-z0-9]{5,10}$/, "")) ?? { kind: "WORKLOAD", namespace, name };
  }
  if (["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"].includes(kind))
    return { kind: "WORKLOAD", namespace, name };
  return null;
}

/** Events, and those that tell of a change as changes. What is counted up since long ago is what it was before, and what it is since. */
export function toEvents(
  told: readonly ToldEvent[],
  place: Place,
  since: number,
): { events: ClusterEvent[]; changes: Change[] } {
  const events: ClusterEvent[] = [];
  const changes: Change[] = [];
  for (const event of told) {
    const entity = subjectOf(event, place);
    if (!entity) continue;
    const { reason, message, type, count, time, firstSeenAt } = event;
    const before = firstSeenAt < since && time > firstSeenAt ? (since - firstSeenAt) / (time - firstSeenAt) : 0;
    const usual = Math.min(count - 1, Math.round(count * Math.min(1, before)));
    if (usual > 0) events.push({ entity, reason, message, type, count: usual, time: firstSeenAt });
    events.push({ entity, reason, message, type, count: count - usual, time: usual > 0 ? time : firstSeenAt });
    const kind = changeKindOf(reason);
    if (kind) changes.push({ entity, time: firstSeenAt, kind, description: message || reason });
  }
  return { events, changes };
}

/** Pods that were made in the time: by a rollout, by a workload that grew, or by a job that began. */
export function newPods(place: Place, range: { start: number; end: number }): Change[] {
  const isNew = ({ createdAt }: PlacedPod): boolean =>
    createdAt !== null && createdAt >= range.start && createdAt < range.end;
  const owned = [...place.pods.values()].filter(({ owner }) => owner !== null && owner.kind !== "Node");
  const byOwner = Map.groupBy(owned, ({ namespace, owner }) => `${namespace}/${owner?.kind}/${owner?.name}`);
  return [...byOwner.values()].flatMap((pods): Change[] => {
    const made = pods.filter(isNew).sort((a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0));
    const [first] = made;
    if (!first) return [];
    const kind = first.owner?.kind === "Job" ? "OTHER" : made.length < pods.length ? "SCALE" : "ROLLOUT";
    const [image] = first.images;
    const count = made.length === 1 ? "a new pod" : `${made.length} new pods`;
    const description = `${count} of ${first.owner?.name}${image ? ` with ${image}` : ""}`;
    return [{ entity: place.ofPod(first.namespace, first.name), time: first.createdAt ?? 0, kind, description }];
  });
}

/** Which workloads serve with the certificates that something is told of. */
export function certificateUses(told: readonly { entity: EntityRef }[], place: Place): TopologyEdge[] {
  const certificates = new Map(
    told.flatMap(({ entity }) => (entity.kind === "CERTIFICATE" ? [[entityKey(entity), entity] as const] : [])),
  );
  return [...certificates.values()].flatMap((to): TopologyEdge[] => {
    const from = place.userOf(to);
    return from ? [{ from, to, kind: "USES" }] : [];
  });
}

export const toHealthEvent = ({ device, message, severity, ...event }: ToldHealthEvent): ClusterEvent => ({
  entity: gpuEntity(device),
  time: event.firstSeenAt,
  reason: event.kind === "XID" ? `XidError ${event.code}` : `${event.kind} ${event.code}`,
  message,
  type: severity === "INFO" ? "Normal" : "Warning",
  count: event.occurrences,
});

export const toRelatedAlert = (alert: ToldAlert, place: Place): RelatedAlert => ({
  id: alert.id,
  name: alert.alertname,
  labels: alert.labels,
  severity: alert.severity,
  entity: entityOfAlert(alert, place),
  startsAt: alert.startsAt,
  endsAt: alert.endsAt,
});

/** What an alert is about, the most particular thing that its labels name. */
export function entityOfAlert(
  { alertname, labels, pod, node, namespace }: Pick<ToldAlert, "alertname" | "labels" | "pod" | "node" | "namespace">,
  place: Place,
): EntityRef | null {
  const uuid = labels["UUID"] ?? labels["gpu_uuid"];
  if (uuid) return gpuEntity(uuid);
  const certificate = labels["secret_name"] ?? (/cert/i.test(alertname) ? labels["name"] : undefined);
  if (certificate && namespace) return { kind: "CERTIFICATE", namespace, name: certificate };
  if (pod) return place.ofPod(pod.namespace, pod.name);
  const workload = labels["deployment"] ?? labels["statefulset"] ?? labels["daemonset"] ?? labels["job_name"];
  if (workload && namespace) return { kind: "WORKLOAD", namespace, name: workload };
  const service = labels["service"] ?? labels["service_name"];
  if (service && namespace) return place.ofService(namespace, service, null);
  return node ? nodeEntity(node.name) : null;
}
