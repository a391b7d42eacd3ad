import { parseDuration } from "../../promql/literals.ts";
import { type Answer, json } from "../server/answer.ts";
import type { WorldSpan, WorldTrace } from "../world/traces/trace.ts";
import type { World } from "../world/world.ts";
import { keyValues, nanoseconds } from "./otlp.ts";
import { BadRequest, type Limits, parsedQuery, positiveParam, windowParam } from "./params.ts";
import type { Field, TraceQuery } from "./traceql/ast.ts";
import { type Matched, matchTrace, mentioned } from "./traceql/evaluate.ts";
import {
  type Attribute,
  fieldValues,
  resourceAttributes,
  rootOf,
  rootService,
  traceDuration,
} from "./traceql/fields.ts";
import { newestFirst } from "./window.ts";

const DEFAULT_LIMIT = 20;
const DEFAULT_SPANS = 3;
const BYTES_PER_SPAN = 180;

/** Fields that a found span tells in places of their own. */
const NAMES = new Set(["name", "span:name"]);
const TOLD = new Set(["status", "span:status", "kind", "span:kind", "statusMessage", "span:statusMessage"]);

function attributesOf(span: WorldSpan, trace: WorldTrace, fields: readonly Field[]): Record<string, Attribute> {
  const shown = fields.filter(({ scope, name }) => scope !== "intrinsic" || TOLD.has(name));
  return Object.fromEntries(
    shown.flatMap((field) => fieldValues(field, span, trace).map((value) => [field.name.replace(/^span:/, ""), value])),
  );
}

function spanSet(trace: WorldTrace, { spans, scalars }: Matched, fields: readonly Field[], most: number): unknown {
  const named = fields.some(({ scope, name }) => scope === "intrinsic" && NAMES.has(name));
  const shown = spans.slice(0, most).map((span) => {
    const attributes = keyValues(attributesOf(span, trace, fields));
    return {
      spanID: span.id,
      ...(named ? { name: span.name } : {}),
      startTimeUnixNano: nanoseconds(span.start, trace),
      durationNanos: String(span.duration * 1000),
      ...(attributes.length === 0 ? {} : { attributes }),
    };
  });
  const attributes = scalars.map(({ text, value, whole }) => ({
    key: text,
    value: whole ? { intValue: String(value) } : { doubleValue: value },
  }));
  return { spans: shown, matched: spans.length, ...(attributes.length === 0 ? {} : { attributes }) };
}

function serviceStats({ spans }: WorldTrace): unknown {
  return Object.fromEntries(
    [...Map.groupBy(spans, ({ pod }) => pod.workload)].map(([service, of]) => {
      const errors = of.filter(({ failure }) => failure !== undefined).length;
      return [service, { spanCount: of.length, ...(errors === 0 ? {} : { errorCount: errors }) }];
    }),
  );
}

function metadata(trace: WorldTrace): Record<string, unknown> {
  const root = rootOf(trace);
  const first = Math.min(...trace.spans.map(({ start }) => start));
  const durationMs = Math.floor(traceDuration(trace) / 1000);
  return {
    traceID: trace.id.replace(/^0+/, ""),
    rootServiceName: rootService(trace),
    ...(root === undefined ? {} : { rootTraceName: root.name }),
    startTimeUnixNano: nanoseconds(first, trace),
    ...(durationMs === 0 ? {} : { durationMs }),
  };
}

/** `key=value` pairs, values in quotes where they need them. */
function tagsParam(text: string): [string, string][] {
  return [...text.matchAll(/([^\s=]+)=("(?:[^"\\]|\\.)*"|\S+)/g)].map(([, key = "", value = ""]) => {
    try {
      return [key, value.startsWith('"') ? String(JSON.parse(value)) : value];
    } catch {
      throw new BadRequest(`invalid tags: ${text}`);
    }
  });
}

function hasTags(span: WorldSpan, tags: readonly [string, string][]): boolean {
  const attributes: Record<string, Attribute> = {
    ...resourceAttributes(span),
    ...span.attributes,
    name: span.name,
    status: span.failure === undefined ? "unset" : "error",
  };
  return tags.every(([key, value]) => String(attributes[key]) === value);
}

function durationParam(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name) ?? "";
  if (text === "") return undefined;
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined)
    throw new BadRequest(`invalid ${name}: time: invalid duration ${JSON.stringify(text)}`);
  return milliseconds * 1000;
}

type Finder = (trace: WorldTrace) => Record<string, unknown> | undefined;

/** The search of before TraceQL. */
function byTags(params: URLSearchParams): Finder {
  const tags = tagsParam(params.get("tags") ?? "");
  const least = durationParam(params, "minDuration") ?? 0;
  const most = durationParam(params, "maxDuration") ?? Infinity;
  if (most < least) throw new BadRequest("invalid maxDuration: must be greater than minDuration");
  return (trace) => {
    const duration = traceDuration(trace);
    const found = duration >= least && duration <= most && trace.spans.some((span) => hasTags(span, tags));
    return found ? metadata(trace) : undefined;
  };
}

function byQuery(query: TraceQuery, spans: number): Finder {
  const fields = mentioned(query);
  return (trace) => {
    const matched = matchTrace(query, trace);
    if (matched === undefined) return undefined;
    const set = spanSet(trace, matched, fields, spans);
    return { ...metadata(trace), spanSet: set, spanSets: [set], serviceStats: serviceStats(trace) };
  };
}

/** /api/search. */
export function search(world: World, params: URLSearchParams, now: number, limits: Limits): Answer {
  const limit = positiveParam(params, "limit", DEFAULT_LIMIT, limits);
  const spans = positiveParam(params, "spss", DEFAULT_SPANS, limits);
  const window = windowParam(params, now, limits);
  const q = params.get("q") ?? "";
  const find = q === "" ? byTags(params) : byQuery(parsedQuery(q), spans);
  const traces: unknown[] = [];
  const inspected = { traces: 0, bytes: 0 };
  for (const trace of newestFirst(world, window, now)) {
    inspected.traces++;
    inspected.bytes += trace.spans.length * BYTES_PER_SPAN;
    const found = find(trace);
    if (found !== undefined) traces.push(found);
    if (traces.length === limit) break;
  }
  const counted = q === "" && inspected.traces > 0 ? { inspectedTraces: inspected.traces } : {};
  const bytes = inspected.bytes > 0 ? { inspectedBytes: String(inspected.bytes) } : {};
  return json(200, { traces, metrics: { ...counted, ...bytes, completedJobs: 1, totalJobs: 1 } });
}
