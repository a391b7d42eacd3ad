import type { Target } from "../../shared/fleet/directory.ts";
import type { Attributes, TempoSpan } from "../../shared/upstreams/tempo/otlp.ts";
import type { Span } from "./span.type.ts";
import type { WholeTrace } from "./trace.type.ts";

/** More are not kept of one trace. */
export const MAX_SPANS = 10_000;

/** One cluster's spans of a trace. */
export interface TracePart {
  target: Pick<Target, "id" | "name">;
  spans: readonly TempoSpan[];
}

/** The trace that the clusters' parts make: each span once, with the cluster that has it, tied to its parent wherever that is. */
export function mergeTrace(parts: readonly TracePart[]): Omit<WholeTrace, "outcomes"> {
  const found = new Map<string, { span: TempoSpan; clusterId: string }>();
  for (const { target, spans } of parts) {
    for (const span of spans) {
      // A caller and the called may share an id; one sent to two clusters has the same kind in both.
      const key = `${span.spanId} ${span.kind}`;
      if (!found.has(key)) found.set(key, { span, clusterId: target.id });
    }
  }
  const inOrder = [...found.values()].sort((a, b) => byTime(a.span.start, b.span.start));
  const first = inOrder[0]?.span.start ?? 0n;
  const spans = inOrder.slice(0, MAX_SPANS).map(({ span, clusterId }) => toSpan(span, clusterId, first));
  tie(spans);
  return {
    spans,
    truncated: inOrder.length > MAX_SPANS,
    root:
      spans.find(({ parentSpanId }) => parentSpanId === null) ?? spans.find(({ parent }) => parent === null) ?? null,
    start: milliseconds(first),
  };
}

const byTime = (a: bigint, b: bigint): number => (a < b ? -1 : Number(a > b));

const milliseconds = (nanoseconds: bigint): number => Number(nanoseconds / 1_000_000n);

/** Not tied yet. */
function toSpan(span: TempoSpan, clusterId: string, first: bigint): Span {
  const begin = Number(span.start - first);
  const end = Number(span.end - first);
  const { "k8s.namespace.name": namespace, "k8s.pod.name": pod, "service.name": serviceName } = span.resource;
  return {
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    operationName: span.name,
    serviceName: serviceName ?? null,
    startTime: new Date(milliseconds(span.start)),
    offsetMs: begin / 1e6,
    durationMs: (end - begin) / 1e6,
    status: span.status,
    statusMessage: span.statusMessage,
    kind: span.kind,
    tags: span.attributes,
    resource: span.resource,
    logs: [...span.events]
      .sort((a, b) => byTime(a.time, b.time))
      .map(({ time, name, attributes }) => ({
        timestamp: new Date(milliseconds(time)),
        message: messageOf(attributes) ?? name,
        name,
        attributes,
      })),
    links: span.links,
    clusterId,
    cluster: { id: clusterId },
    pod: namespace && pod ? { clusterId, namespace, name: pod } : null,
    orphan: span.parentSpanId !== null,
    parent: null,
    children: [],
    begin,
    end,
  };
}

const messageOf = (attributes: Attributes): string | undefined =>
  attributes["message"] ?? attributes["exception.message"];

/** Spans are in the order of their begin, and so are a span's children. */
function tie(spans: readonly Span[]): void {
  const byId = Map.groupBy(spans, ({ spanId }) => spanId);
  for (const span of spans) {
    const twins = byId.get(span.spanId) ?? [];
    const above = byId.get(span.parentSpanId ?? "") ?? [];
    const parent =
      (span.kind === "SERVER" && twins.find(({ kind }) => kind === "CLIENT")) ||
      above.find(({ kind }) => kind === "SERVER") ||
      above[0];
    if (!parent || parent === span || (span.children.length > 0 && isAncestor(span, parent))) continue;
    Object.assign(span, { parent, orphan: false });
    parent.children.push(span);
  }
}

/** What is tied so far has no circle; a circle that spans claim is left open where it would close. */
function isAncestor(span: Span, of: Span): boolean {
  for (let above: Span | null = of; above; above = above.parent) if (above === span) return true;
  return false;
}
