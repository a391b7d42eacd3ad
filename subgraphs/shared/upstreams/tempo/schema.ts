import { z } from "zod";
import { publicText } from "../prometheus/schema.ts";
import { ResourceSpans, type TempoSpan } from "./otlp.ts";

/** A trace as a search tells of it. */
export interface TraceSummary {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** Null while the root has not arrived. */
  rootService: string | null;
  rootOperation: string | null;
  /** Unix nanoseconds. */
  start: bigint;
  durationMs: number;
  /** What its services did in it; null where the search does not say. */
  services: Record<string, { spans: number; errors: number }> | null;
}

export interface SearchResult {
  traces: TraceSummary[];
  /** What was read to answer; null where nobody says. */
  inspectedBytes: number | null;
  /** Of the answer. */
  bytes: number;
}

export interface TraceResult {
  /** None where there is no such trace. */
  spans: TempoSpan[];
  /** With any, Tempo itself calls the trace partial. */
  warnings: string[];
  /** Of the answer. */
  bytes: number;
}

const NOT_YET = "<root span not yet received>";
const root = z
  .string()
  .default("")
  .transform((name) => (name === "" || name === NOT_YET ? null : name));

/** Counts that are zero are left out. */
const count = z.number().int().nonnegative().default(0);

const ServiceStats = z
  .object({ spanCount: count, errorCount: count })
  .transform(({ spanCount, errorCount }) => ({ spans: spanCount, errors: errorCount }));

/** 64-bit numbers are texts. */
const bytes = z.coerce.number().nonnegative();

export const SearchAnswer = z
  .object({
    traces: z
      .array(
        z
          .object({
            // Without its leading zeros.
            traceID: z.string().regex(/^[\da-f]{1,32}$/i),
            rootServiceName: root,
            rootTraceName: root,
            startTimeUnixNano: z
              .string()
              .regex(/^\d{1,20}$/)
              .default("0"),
            durationMs: count,
            serviceStats: z.record(z.string(), ServiceStats).optional(),
          })
          .transform(
            (trace): TraceSummary => ({
              traceId: trace.traceID.toLowerCase().padStart(32, "0"),
              rootService: trace.rootServiceName,
              rootOperation: trace.rootTraceName,
              start: BigInt(trace.startTimeUnixNano),
              durationMs: trace.durationMs,
              services: trace.serviceStats ?? null,
            }),
          ),
      )
      .default([]),
    metrics: z.object({ inspectedBytes: bytes.optional() }),
  })
  .transform(
    ({ traces, metrics }): Omit<SearchResult, "bytes"> => ({ traces, inspectedBytes: metrics.inspectedBytes ?? null }),
  );

/** Of the second version, which says whether the trace is whole. */
export const TraceAnswer = z
  .object({
    trace: z.object({ resourceSpans: ResourceSpans.default([]) }),
    status: z.string().optional(),
    message: z.string().optional(),
  })
  .transform(
    ({ trace, status, message }): Omit<TraceResult, "bytes"> => ({
      spans: trace.resourceSpans,
      warnings: status === "PARTIAL" ? [publicText(message ?? "Tempo answers only a part of the trace.")] : [],
    }),
  );

/** Of the first version. */
export const TraceAnswerV1 = z
  .object({ batches: ResourceSpans })
  .transform(({ batches }): Omit<TraceResult, "bytes"> => ({ spans: batches, warnings: [] }));

/** A tag's scope: "resource", "span", "intrinsic", ...; null where the server does not tell. */
export interface Tag {
  scope: string | null;
  name: string;
}

export const TagsAnswer = z
  .object({ scopes: z.array(z.object({ name: z.string(), tags: z.array(z.string()).default([]) })).default([]) })
  .transform(({ scopes }): Tag[] => scopes.flatMap(({ name: scope, tags }) => tags.map((name) => ({ scope, name }))));

export const TagsAnswerV1 = z
  .object({ tagNames: z.array(z.string()).default([]) })
  .transform(({ tagNames }): Tag[] => tagNames.map((name) => ({ scope: null, name })));

/** "string", "int", "float", "bool", "duration", "keyword"; null where the server does not tell. */
export interface TagValue {
  type: string | null;
  value: string;
}

export const TagValuesAnswer = z
  .object({ tagValues: z.array(z.object({ type: z.string(), value: z.string().default("") })).default([]) })
  .transform(({ tagValues }): TagValue[] => tagValues);

export const TagValuesAnswerV1 = z
  .object({ tagValues: z.array(z.string()).default([]) })
  .transform(({ tagValues }): TagValue[] => tagValues.map((value) => ({ type: null, value })));
