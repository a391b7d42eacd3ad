import type { WorldSpan, WorldTrace } from "../../world/traces/trace.ts";
import type { Field } from "./ast.ts";

export type Attribute = string | number | boolean;

const ROOT_MISSING = "<root span not yet received>";

export const rootOf = ({ spans }: WorldTrace): WorldSpan | undefined =>
  spans.find(({ parent }) => parent === undefined);
export const rootService = (trace: WorldTrace): string => rootOf(trace)?.pod.workload ?? ROOT_MISSING;

/** Microseconds from a trace's first span's start to its last one's end. */
export function traceDuration({ spans }: WorldTrace): number {
  const end = Math.max(...spans.map(({ start, duration }) => start + duration));
  return end - Math.min(...spans.map(({ start }) => start));
}

/** What a span's process is. */
export function resourceAttributes({ cluster, pod }: WorldSpan): Record<string, string> {
  const node = pod.node?.name ?? "";
  return {
    "host.name": node,
    "k8s.cluster.name": cluster,
    "k8s.namespace.name": pod.namespace,
    "k8s.node.name": node,
    "k8s.pod.name": pod.name,
    "service.name": pod.workload,
  };
}

export function eventAttributes({ failure }: WorldSpan): Record<string, string> {
  if (failure === undefined) return {};
  const { type, message, stack } = failure;
  return { "exception.message": message, "exception.stacktrace": stack, "exception.type": type };
}

type Intrinsic = (span: WorldSpan, trace: WorldTrace) => Attribute | undefined;

const status: Intrinsic = ({ failure }) => (failure === undefined ? "unset" : "error");
const duration: Intrinsic = (span) => span.duration * 1000;
const whole: Intrinsic = (_, trace) => traceDuration(trace) * 1000;
const name: Intrinsic = (span) => span.name;
const kind: Intrinsic = (span) => span.kind;
const statusMessage: Intrinsic = ({ failure }) => failure?.message ?? "";
const rootName: Intrinsic = (_, trace) => rootOf(trace)?.name;
const rootServiceName: Intrinsic = (_, trace) => rootService(trace);

/** What every span has, by its names. Durations are in nanoseconds. */
export const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  duration,
  "event:name": ({ failure }) => (failure === undefined ? undefined : "exception"),
  kind,
  name,
  rootName,
  rootServiceName,
  "span:duration": duration,
  "span:id": (span) => span.id,
  "span:kind": kind,
  "span:name": name,
  "span:parentID": (span) => span.parent ?? "",
  "span:status": status,
  "span:statusMessage": statusMessage,
  status,
  statusMessage,
  "trace:duration": whole,
  "trace:id": (_, trace) => trace.id,
  "trace:rootName": rootName,
  "trace:rootService": rootServiceName,
  traceDuration: whole,
};

/** The values that a field has in a span; none where it lacks the field. */
export function fieldValues(field: Field, span: WorldSpan, trace: WorldTrace): readonly Attribute[] {
  const of = (attributes: Readonly<Record<string, Attribute>>) => {
    const value = attributes[field.name];
    return value === undefined ? [] : [value];
  };
  switch (field.scope) {
    case "intrinsic": {
      const value = INTRINSICS[field.name]?.(span, trace);
      return value === undefined ? [] : [value];
    }
    case "span":
      return of(span.attributes);
    case "resource":
      return of(resourceAttributes(span));
    case "event":
      return of(eventAttributes(span));
    case "any": {
      const own = of(span.attributes);
      return own.length > 0 ? own : of(resourceAttributes(span));
    }
    default:
      return [];
  }
}
