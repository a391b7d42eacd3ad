import type { WorldSpan, WorldTrace } from "../world/traces/trace.ts";
import { type Attribute, eventAttributes, resourceAttributes } from "./traceql/fields.ts";

const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");

/** Unix nanoseconds; the world knows microseconds, and clients must not lose what follows them. */
export function nanoseconds(microseconds: number, { id }: WorldTrace): string {
  return `${microseconds}${String(Number.parseInt(id.slice(-4), 16) % 1000).padStart(3, "0")}`;
}

export function anyValue(value: Attribute): Record<string, unknown> {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

export const keyValues = (attributes: Readonly<Record<string, Attribute>>): unknown[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));

function span(of: WorldSpan, trace: WorldTrace): unknown {
  const { failure } = of;
  const event = {
    timeUnixNano: nanoseconds(of.start + Math.round(of.duration / 2), trace),
    name: "exception",
    attributes: keyValues(eventAttributes(of)),
  };
  return {
    traceId: base64(trace.id),
    spanId: base64(of.id),
    ...(of.parent === undefined ? {} : { parentSpanId: base64(of.parent) }),
    name: of.name,
    kind: `SPAN_KIND_${of.kind.toUpperCase()}`,
    startTimeUnixNano: nanoseconds(of.start, trace),
    endTimeUnixNano: nanoseconds(of.start + of.duration, trace),
    attributes: keyValues(of.attributes),
    ...(failure === undefined ? {} : { events: [event] }),
    status: failure === undefined ? {} : { message: failure.message, code: "STATUS_CODE_ERROR" },
  };
}

/** A trace as OTLP in JSON, as Tempo writes it: identifiers in base64, 64-bit numbers as text, and nothing that is zero. */
export function resourceSpans(trace: WorldTrace): unknown[] {
  const byPod = Map.groupBy(trace.spans, ({ pod }) => pod);
  return [...byPod.values()].map((spans) => ({
    resource: { attributes: spans.slice(0, 1).flatMap((first) => keyValues(resourceAttributes(first))) },
    scopeSpans: [{ scope: { name: "demo", version: "1.0" }, spans: spans.map((one) => span(one, trace)) }],
  }));
}
