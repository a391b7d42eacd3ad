import type { Span } from "./span.type.ts";
import type { ServiceGraph, ServiceGraphEdge, ServiceGraphNode } from "./trace-views.type.ts";

/** As OpenTelemetry names what does not say its name. */
const UNKNOWN = "unknown_service";

interface Calls {
  caller: ServiceGraphNode;
  callee: ServiceGraphNode;
  spans: Span[];
}

/** A call is a span whose parent is another service's, or the same one's in another cluster. */
export function serviceGraph(spans: readonly Span[]): ServiceGraph {
  const nodes = new Map<string, ServiceGraphNode>();
  for (const span of spans) {
    const node = nodes.get(keyOf(span)) ?? newNode(span);
    nodes.set(keyOf(span), node);
    node.spanCount += 1;
    if (span.status === "ERROR") node.errorCount += 1;
  }
  const calls = new Map<string, Calls>();
  for (const span of spans) {
    const caller = span.parent && nodes.get(keyOf(span.parent));
    const callee = nodes.get(keyOf(span));
    if (!caller || !callee || caller === callee) continue;
    const key = JSON.stringify([keyOf(span.parent ?? span), keyOf(span)]);
    const known = calls.get(key) ?? { caller, callee, spans: [] };
    calls.set(key, known);
    known.spans.push(span);
  }
  return { nodes: [...nodes.values()], edges: [...calls.values()].map(toEdge) };
}

const keyOf = ({ clusterId, serviceName }: Span): string => `${clusterId} ${serviceName ?? UNKNOWN}`;

const newNode = ({ clusterId, cluster, serviceName }: Span): ServiceGraphNode => ({
  service: serviceName ?? UNKNOWN,
  clusterId,
  cluster,
  spanCount: 0,
  errorCount: 0,
});

function toEdge({ caller, callee, spans }: Calls): ServiceGraphEdge {
  const sorted = spans.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  /** The value that so large a part does not exceed. */
  const quantile = (part: number): number => sorted[Math.ceil(part * sorted.length) - 1] ?? 0;
  return {
    caller,
    callee,
    calls: spans.length,
    errors: spans.filter(({ status }) => status === "ERROR").length,
    latencyP50Ms: quantile(0.5),
    latencyP95Ms: quantile(0.95),
    latencyMaxMs: quantile(1),
  };
}
