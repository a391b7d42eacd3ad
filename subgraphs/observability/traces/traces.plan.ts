import { CodedError } from "../../shared/kernel/errors.ts";
import { timeRange } from "../../shared/kernel/time-range.ts";
import type { TimeBounds } from "../../shared/upstreams/tempo/client.ts";
import { equals, hasValue, like, newestFirst, spans } from "../../shared/upstreams/traceql/expression.ts";
import { traceqlTraits } from "../../shared/upstreams/traceql/syntax.ts";

/** Which traces are meant: by TraceQL, or by what a span of theirs has. */
export interface AskedTraces {
  traceql?: string | null;
  serviceName?: string | null;
  operationName?: string | null;
  tags?: Record<string, string> | null;
  minDurationMs?: number | null;
  maxDurationMs?: number | null;
  startTime?: Date | null;
  endTime?: Date | null;
}

export interface SearchPlan {
  query: string;
  /** The newest first: who has found enough in one asks for no older one. */
  windows: TimeBounds[];
  start: Date;
  end: Date;
  /** What it cannot find over several clusters. */
  note: string | null;
}

/** Tempo 3.0 refuses more at once, unless it is told otherwise. */
const WINDOW_SECONDS = 168 * 3600;
const MAX_WINDOWS = 8;

const NOTE =
  "Conditions on several spans, or on a trace as a whole, are held against each cluster's spans alone: a trace meets them only with " +
  "spans of one cluster.";

/**
 * How every cluster is asked.
 * @param now the operation's start, so that every cluster and field of it asks for the same time.
 * @throws INVALID_TIME_RANGE
 */
export function searchPlan(asked: AskedTraces, now: Date): SearchPlan {
  const query = asked.traceql ?? spans(conditions(asked));
  const { hasHints, isOfSeveralSpans } = traceqlTraits(query);
  const bounds = timeBounds(timeRange({ start: asked.startTime ?? null, end: asked.endTime ?? null }, now));
  return {
    query: hasHints ? query : newestFirst(query),
    windows: split(bounds),
    start: new Date(bounds.start * 1000),
    end: new Date(bounds.end * 1000),
    note: isOfSeveralSpans ? NOTE : null,
  };
}

function conditions({ serviceName, operationName, tags, minDurationMs, maxDurationMs }: AskedTraces): string[] {
  return [
    ...(serviceName ? [like("resource.service.name", serviceName)] : []),
    ...(operationName ? [equals("name", operationName)] : []),
    ...Object.entries(tags ?? {}).map(([name, value]) => hasValue(name, value)),
    ...(minDurationMs ? [`trace:duration >= ${minDurationMs}ms`] : []),
    ...(maxDurationMs ? [`trace:duration <= ${maxDurationMs}ms`] : []),
  ];
}

/** Whose part in a trace is meant; nobody's, where nothing is given. */
export interface TraceSubject {
  service?: string | null;
  namespace?: string | null;
  pod?: string | null;
}

/** Two searches for the traces in which the subject had a part: for those with an error, and for all. Null for no subject. */
export function subjectPlans(
  { service, namespace, pod }: TraceSubject,
  { start, end }: { start: Date; end: Date },
): { errors: SearchPlan; all: SearchPlan } | null {
  const named = [
    ...(service ? [equals("resource.service.name", service)] : []),
    ...(namespace ? [equals("resource.k8s.namespace.name", namespace)] : []),
    ...(pod ? [equals("resource.k8s.pod.name", pod)] : []),
  ];
  if (named.length === 0) return null;
  const plan = (conditions: string[]): SearchPlan =>
    searchPlan({ traceql: spans(conditions), startTime: start, endTime: end }, end);
  return { errors: plan([...named, "status = error"]), all: plan(named) };
}

/** In whole seconds, as Tempo counts; the end is after the start. */
export function timeBounds({ start, end }: { start: Date; end: Date }): TimeBounds {
  const from = Math.floor(start.getTime() / 1000);
  return { start: from, end: Math.max(from + 1, Math.ceil(end.getTime() / 1000)) };
}

/** Widely, since a trace's last spans may come long after the first, and clocks differ. */
const AROUND_SECONDS = 3600;

/** When spans of a trace may have been, of which something was in that time. */
export function boundsAround(times: { start: Date; end: Date }): TimeBounds {
  const { start, end } = timeBounds(times);
  return { start: Math.max(0, start - AROUND_SECONDS), end: end + AROUND_SECONDS };
}

function split({ start, end }: TimeBounds): TimeBounds[] {
  const count = Math.ceil((end - start) / WINDOW_SECONDS);
  if (count > MAX_WINDOWS) {
    throw new CodedError("INVALID_TIME_RANGE", `At most ${MAX_WINDOWS} weeks of traces are searched at once.`, {
      field: "startTime",
      rule: `endTime - startTime <= ${MAX_WINDOWS}w`,
    });
  }
  return Array.from({ length: count }, (_, index) => ({
    start: Math.max(start, end - (index + 1) * WINDOW_SECONDS),
    end: end - index * WINDOW_SECONDS,
  }));
}
