import { z } from "zod";

export const SpanKind = {
  UNSPECIFIED: "UNSPECIFIED",
  INTERNAL: "INTERNAL",
  SERVER: "SERVER",
  CLIENT: "CLIENT",
  PRODUCER: "PRODUCER",
  CONSUMER: "CONSUMER",
} as const;
export type SpanKind = (typeof SpanKind)[keyof typeof SpanKind];

export const SpanStatus = { UNSET: "UNSET", OK: "OK", ERROR: "ERROR" } as const;
export type SpanStatus = (typeof SpanStatus)[keyof typeof SpanStatus];

/** Names to values as text: a list or a map is JSON. */
export type Attributes = Record<string, string>;

/** One cluster's span, as it was sent there. */
export interface TempoSpan {
  /** Ids are in hexadecimal digits: 16 of a span, 32 of a trace. */
  spanId: string;
  parentSpanId: string | null;
  name: string;
  kind: SpanKind;
  /** Unix nanoseconds. */
  start: bigint;
  end: bigint;
  status: SpanStatus;
  statusMessage: string | null;
  attributes: Attributes;
  resource: Attributes;
  events: { time: bigint; name: string; attributes: Attributes }[];
  links: { traceId: string; spanId: string; attributes: Attributes }[];
}

/** Protobuf's JSON: 64-bit numbers are texts, bytes are base64, and what is zero is left out. */
const nanoseconds = z
  .string()
  .regex(/^\d{1,20}$/)
  .default("0")
  .transform(BigInt);

/** Some in between write ids as hexadecimal digits, which are more than base64 has of them. */
const id = (bytes: number) =>
  z
    .string()
    .transform((text) =>
      text.length === bytes * 2 ? text.toLowerCase() : Buffer.from(text, "base64").toString("hex"),
    );
const spanId = id(8);

const MAX_DEPTH = 16;

/** By hand, since a trace has many attributes: what is no attribute is left out. */
const attributes = z
  .unknown()
  .default([])
  .transform((list): Attributes => {
    const entries = Array.isArray(list) ? list.filter(isKeyValue) : [];
    return Object.fromEntries(entries.map(({ key, value }) => [key, asText(plain(value, MAX_DEPTH))]));
  });

interface KeyValue {
  key: string;
  value?: unknown;
}
const isKeyValue = (item: unknown): item is KeyValue =>
  typeof item === "object" && item !== null && "key" in item && typeof item.key === "string";

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Of OTLP's AnyValue, which names its type: whole numbers stay texts, since they may be larger than ours. */
function plain(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || depth === 0) return "";
  const [[type, inner] = []] = Object.entries(value) as [string, unknown][];
  const items = (inner as { values?: unknown } | null | undefined)?.values;
  const list = Array.isArray(items) ? items : [];
  if (type === "arrayValue") return list.map((item) => plain(item, depth - 1));
  if (type === "kvlistValue") {
    return Object.fromEntries(list.filter(isKeyValue).map((item) => [item.key, plain(item.value, depth - 1)]));
  }
  return typeof inner === "string" || typeof inner === "number" || typeof inner === "boolean" ? inner : "";
}

/** "SPAN_KIND_SERVER" is SERVER; what we do not know is as if nothing was said. */
const named = <T extends string>(names: Record<T, T>, prefix: string, unknown: T) =>
  z
    .string()
    .default("")
    .transform((text) => Object.values<T>(names).find((name) => text === `${prefix}${name}`) ?? unknown);

const Span = z.object({
  spanId,
  parentSpanId: spanId.nullish(),
  name: z.string().default(""),
  kind: named(SpanKind, "SPAN_KIND_", "UNSPECIFIED"),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes,
  events: z.array(z.object({ timeUnixNano: nanoseconds, name: z.string().default(""), attributes })).default([]),
  links: z.array(z.object({ traceId: id(16).default(""), spanId: spanId.default(""), attributes })).default([]),
  status: z
    .object({ code: named(SpanStatus, "STATUS_CODE_", "UNSET"), message: z.string().default("") })
    .default({ code: "UNSET", message: "" }),
});

const NO_PARENT = /^0*$/;

/** Spans as OTLP groups them: by resource, then by what wrote them. */
export const ResourceSpans = z
  .array(
    z.object({
      resource: z.object({ attributes }).default({ attributes: {} }),
      scopeSpans: z.array(z.object({ spans: z.array(Span).default([]) })).default([]),
    }),
  )
  .transform((groups): TempoSpan[] =>
    groups.flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) =>
        spans.map(({ startTimeUnixNano, endTimeUnixNano, parentSpanId, status, events, ...span }) => ({
          ...span,
          parentSpanId: parentSpanId && !NO_PARENT.test(parentSpanId) ? parentSpanId : null,
          start: startTimeUnixNano,
          // One that was not ended, or by a clock that went back.
          end: endTimeUnixNano > startTimeUnixNano ? endTimeUnixNano : startTimeUnixNano,
          status: status.code,
          statusMessage: status.message || null,
          events: events.map(({ timeUnixNano, ...event }) => ({ time: timeUnixNano, ...event })),
          resource: resource.attributes,
        })),
      ),
    ),
  );
