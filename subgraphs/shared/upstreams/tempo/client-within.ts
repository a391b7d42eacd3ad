import { CodedError } from "../../kernel/errors.ts";
import { isWithin } from "../../kernel/namespaces.ts";
import type { Endpoint, UpstreamHttp } from "../http.ts";
import type { CallOptions } from "../readiness.ts";
import { NAMESPACE_ATTRIBUTE, withinNamespaces } from "../traceql/within.ts";
import { type Search, TempoClient, type TimeBounds } from "./client.ts";
import type { TempoSpan } from "./otlp.ts";
import type { SearchResult, Tag, TagValue, TraceResult, TraceSummary } from "./schema.ts";

/** A trace's other spans may be older or younger than the range that one of them was found in. */
const AROUND_SECONDS = 3600;

/** A cluster's Tempo for whoever sees only some namespaces: of each trace, the spans that are theirs. */
export class TempoWithin extends TempoClient {
  readonly #namespaces: readonly string[];

  constructor(http: UpstreamHttp, endpoint: Endpoint, namespaces: readonly string[]) {
    super(http, endpoint);
    this.#namespaces = namespaces;
  }

  /** What a search tells of a trace is of all its spans: so each that it finds is read. */
  override async search(asked: Search, options: CallOptions): Promise<SearchResult> {
    const query = withinNamespaces(asked.query, this.#namespaces);
    const { traces } = await super.search({ ...asked, query }, options);
    const bounds = { start: Math.max(0, asked.start - AROUND_SECONDS), end: asked.end + AROUND_SECONDS };
    const read = await Promise.all(
      traces.map(async ({ traceId }) => summaryOf(traceId, (await this.trace(traceId, bounds, options)).spans)),
    );
    return { traces: read.filter((summary) => summary !== null), inspectedBytes: null, bytes: 0 };
  }

  /** The size of the answer would tell of what is left out. */
  override async trace(traceId: string, bounds: TimeBounds | null, options: CallOptions): Promise<TraceResult> {
    const { spans, warnings } = await super.trace(traceId, bounds, options);
    const own = spans.filter(({ resource }) => isWithin(this.#namespaces, resource[NAMESPACE_ATTRIBUTE]));
    return { spans: own, warnings: own.length > 0 ? warnings : [], bytes: 0 };
  }

  override async tags(_bounds: TimeBounds, _options: CallOptions): Promise<Tag[]> {
    throw ofAll();
  }

  /** A Tempo passes over a condition where it is not simple. */
  override async tagValues(
    _tag: string,
    _of: TimeBounds & { query: string | null },
    _options: CallOptions & { limit: number },
  ): Promise<TagValue[]> {
    throw ofAll();
  }
}

const ofAll = (): CodedError =>
  new CodedError("FORBIDDEN", "Tempo lists the tags of all namespaces: it needs a scope without namespaces.");

/** Null where it has no span. */
function summaryOf(traceId: string, spans: readonly TempoSpan[]): TraceSummary | null {
  const [first] = spans;
  if (!first) return null;
  const root = spans.find(({ parentSpanId }) => parentSpanId === null);
  const start = spans.reduce((least, span) => (span.start < least ? span.start : least), first.start);
  const end = spans.reduce((most, span) => (span.end > most ? span.end : most), first.end);
  const services: Record<string, { spans: number; errors: number }> = {};
  for (const { resource, status } of spans) {
    const name = resource["service.name"] ?? "";
    const known = services[name] ?? { spans: 0, errors: 0 };
    services[name] = { spans: known.spans + 1, errors: known.errors + Number(status === "ERROR") };
  }
  return {
    traceId,
    rootService: root?.resource["service.name"] ?? null,
    rootOperation: root?.name ?? null,
    start,
    durationMs: Number((end - start) / 1_000_000n),
    services,
  };
}
