import { clusterOutcome } from "../../shared/fleet/cluster-outcome.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { TempoSpan } from "../../shared/upstreams/tempo/otlp.ts";
import type { TraceResult, TraceSummary } from "../../shared/upstreams/tempo/schema.ts";
import type { ClusterOutcome } from "../cluster.type.ts";
import { mergeTrace } from "./trace.mapper.ts";
import type { SpanCounts, Trace, WholeTrace } from "./trace.type.ts";

/** One cluster's part of a trace, as a search tells of it. */
export interface FoundPart {
  target: Target;
  summary: TraceSummary;
}

/** All that is found of one trace, in the order of the clusters' names. */
export type FoundTrace = readonly [FoundPart, ...FoundPart[]];

/** The parts of each trace, newest trace first; ties by id, so that the order is always the same. */
export function groupParts(parts: readonly FoundPart[]): FoundTrace[] {
  const traces = [...Map.groupBy(parts, ({ summary }) => summary.traceId).values()] as unknown as FoundTrace[];
  const begins = new Map(traces.map((trace) => [trace, beginOf(trace)]));
  return traces.sort(
    (a, b) => compare(begins.get(b) ?? 0n, begins.get(a) ?? 0n) || compare(a[0].summary.traceId, b[0].summary.traceId),
  );
}

const compare = <T extends bigint | string>(a: T, b: T): number => (a < b ? -1 : Number(a > b));

const beginOf = ([first, ...rest]: FoundTrace): bigint =>
  rest.reduce((least, { summary }) => (summary.start < least ? summary.start : least), first.summary.start);

/** The trace that the parts make. @param read reads its spans; called once at most, when they are asked for. */
export function toTrace(parts: FoundTrace, read: () => Promise<WholeTrace>): Trace {
  let whole: Promise<WholeTrace> | undefined;
  const byBegin = parts.toSorted((a, b) => compare(a.summary.start, b.summary.start));
  const { target, summary } = byBegin.find((part) => part.summary.rootService !== null) ?? byBegin[0] ?? parts[0];
  const begin = milliseconds(beginOf(parts));
  const end = Math.max(...parts.map((part) => milliseconds(part.summary.start) + part.summary.durationMs));
  return {
    traceId: summary.traceId,
    clusterId: target.id,
    clusterName: target.name,
    cluster: { id: target.id },
    clusters: parts.map((part) => ({ id: part.target.id })),
    rootService: summary.rootService,
    rootOperation: summary.rootOperation,
    startTime: new Date(begin),
    durationMs: end - begin,
    counts: countsOf(parts),
    whole: () => {
      whole ??= read();
      return whole;
    },
  };
}

const milliseconds = (nanoseconds: bigint): number => Number(nanoseconds / 1_000_000n);

/** Null where the search does not tell, or where several clusters may have told of the same spans. */
function countsOf([part, ...others]: FoundTrace): SpanCounts | null {
  const { services } = part.summary;
  if (!services || others.length > 0) return null;
  const all = Object.values(services);
  return {
    spans: all.reduce((sum, { spans }) => sum + spans, 0),
    errors: all.reduce((sum, { errors }) => sum + errors, 0),
    services: all.length,
  };
}

/** Those with an error first, then those that took longest. */
export function worstFirst(withError: readonly TraceSummary[], others: readonly TraceSummary[]): TraceSummary[] {
  const bad = new Set(withError.map(({ traceId }) => traceId));
  const all = new Map([...withError, ...others].map((summary) => [summary.traceId, summary]));
  return [...all.values()].sort(
    (a, b) =>
      Number(bad.has(b.traceId)) - Number(bad.has(a.traceId)) ||
      b.durationMs - a.durationMs ||
      compare(a.traceId, b.traceId),
  );
}

/** What one cluster answers of one trace. */
export interface TraceAnswer {
  target: Target;
  outcome: Outcome<TraceResult>;
}

export const outcomesOf = (answers: readonly TraceAnswer[]): ClusterOutcome[] =>
  answers.map(({ target, outcome }) =>
    clusterOutcome(target, outcome, ({ spans, warnings, bytes }) => ({ rows: spans.length, warnings, bytes })),
  );

/** The trace with the spans that the clusters answered, in the order of their names. */
export const toWhole = (answers: readonly TraceAnswer[]): WholeTrace => ({
  ...mergeTrace(answers.map(({ target, outcome }) => ({ target, spans: outcome.value?.spans ?? [] }))),
  outcomes: outcomesOf(answers),
});

/** Null where no cluster has a span of it. */
export function fromAnswers(traceId: string, answers: readonly TraceAnswer[]): Trace | null {
  const [first, ...others] = answers.flatMap(({ target, outcome }): FoundPart[] => {
    const { spans = [] } = outcome.value ?? {};
    return spans.length > 0 ? [{ target, summary: summarise(traceId, spans) }] : [];
  });
  return first ? toTrace([first, ...others], async () => toWhole(answers)) : null;
}

/** As a search tells of it. */
function summarise(traceId: string, spans: readonly TempoSpan[]): TraceSummary {
  const root = spans.find(({ parentSpanId }) => parentSpanId === null);
  const start = spans.reduce((least, span) => (span.start < least ? span.start : least), spans[0]?.start ?? 0n);
  const end = spans.reduce((most, span) => (span.end > most ? span.end : most), start);
  return {
    traceId,
    rootService: root?.resource["service.name"] ?? null,
    rootOperation: root?.name ?? null,
    start,
    durationMs: Number(end - start) / 1e6,
    services: null,
  };
}
