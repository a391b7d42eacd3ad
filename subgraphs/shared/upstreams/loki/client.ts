import type { z } from "zod";
import { nanosOfSeconds } from "../../kernel/nano-time.ts";
import type { Window } from "../../kernel/time-range.ts";
import type { Endpoint, UpstreamAnswer, UpstreamHttp } from "../http.ts";
import type { Evaluation } from "../prometheus/client.ts";
import type { Listing } from "../prometheus/listing-schema.ts";
import { QueryAnswer, type QueryResult, type Sample, type Series } from "../prometheus/schema.ts";
import { type CallOptions, requireAccess, requireReady } from "../readiness.ts";
import { invalidAnswer, refusalOf } from "./refusal.ts";
import {
  type Direction,
  type Labels,
  LinesAnswer,
  type LogStream,
  NamesAnswer,
  SeriesAnswer,
  toStreams,
} from "./schema.ts";
import { CATEGORIZED, type Tail, tail } from "./tail.ts";

const READINESS = { name: "Loki", path: "/ready", api: "/loki/api/v1/labels?since=1m" };

/** Unix nanoseconds; the start is within, the end is not. */
export interface NanoRange {
  start: bigint;
  end: bigint;
}

export interface LinesQuery extends NanoRange {
  /** A log selector with its pipeline. */
  query: string;
  direction: Direction;
  limit: number;
}

export interface Lines {
  streams: LogStream[];
  /** The limit that it was asked with: less than wanted where the server allows no more. With as many lines, there may be more. */
  limit: number;
  bytes: number;
  warnings: string[];
}

/**
 * One cluster's Loki. https://grafana.com/docs/loki/latest/reference/loki-http-api/ Asked by GET throughout: gateways before a Loki
 * that confine its users read no forms.
 */
export class LokiClient {
  readonly #http: UpstreamHttp;
  readonly #endpoint: Endpoint;

  constructor(http: UpstreamHttp, endpoint: Endpoint) {
    this.#http = http;
    this.#endpoint = endpoint;
  }

  /** The first lines in the direction that is asked for. */
  async lines(query: LinesQuery, options: CallOptions): Promise<Lines> {
    const { limit, direction } = query;
    const answer = await this.#lines(query, options);
    const allowed = answer.status === 400 ? allowedEntries(answer.body) : null;
    // Said before anything is read, so that asking again costs little.
    if (allowed && allowed < limit) return await this.lines({ ...query, limit: allowed }, options);
    const { data, warnings } = this.#decoded(LinesAnswer, answer);
    return { streams: toStreams(data.result, direction), limit, bytes: answer.bytes, warnings };
  }

  /** A metric query's samples. */
  async samples(query: string, when: Evaluation, options: CallOptions): Promise<QueryResult & { bytes: number }> {
    const answer =
      "at" in when
        ? await this.#get("query", { query, time: nanosOfSeconds(when.at) }, options)
        : await this.#get("query_range", { query, ...rangeOf(when) }, options);
    const { series, ...result } = this.#decoded(QueryAnswer, answer);
    const isDated = result.resultType !== "SCALAR" || !("at" in when);
    return { ...result, bytes: answer.bytes, series: isDated ? series : series.map((each) => datedAt(when.at, each)) };
  }

  labels(range: NanoRange, options: CallOptions): Promise<Listing<string>> {
    return this.#list(NamesAnswer, "labels", { ...range }, options);
  }

  /** @param query of these streams alone; of all for null. */
  labelValues(
    label: string,
    { query, ...range }: NanoRange & { query: string | null },
    options: CallOptions,
  ): Promise<Listing<string>> {
    const params = query === null ? range : { ...range, query };
    return this.#list(NamesAnswer, `label/${encodeURIComponent(label)}/values`, { ...params }, options);
  }

  /** The label sets of the streams that the selector means. */
  series(match: string, range: NanoRange, options: CallOptions): Promise<Listing<Labels>> {
    return this.#list(SeriesAnswer, "series", { "match[]": match, ...range }, options);
  }

  /** Follows what arrives for one connection, and resolves when that ends in an orderly way. @throws a coded error for all else that ends it. */
  tail(asked: Tail, options: CallOptions): Promise<void> {
    return tail(this.#http, this.#endpoint, asked, options);
  }

  /** Resolves when the server says that it is ready to answer queries. */
  ready(options: CallOptions): Promise<void> {
    return requireReady(this.#http, this.#endpoint, READINESS, options);
  }

  /** Resolves when its API accepts the credentials. */
  authenticate(options: CallOptions): Promise<void> {
    return requireAccess(this.#http, this.#endpoint, READINESS, options);
  }

  #lines({ query, start, end, limit, direction }: LinesQuery, options: CallOptions): Promise<UpstreamAnswer> {
    const params = { query, start, end, limit, direction: direction.toLowerCase() };
    return this.#get("query_range", params, { ...options, headers: CATEGORIZED });
  }

  async #list<T>(
    schema: z.ZodType<{ data: T[] }>,
    path: string,
    params: Record<string, string | bigint>,
    options: CallOptions,
  ): Promise<Listing<T>> {
    const answer = await this.#get(path, params, options);
    return { items: this.#decoded(schema, answer).data, warnings: [], bytes: answer.bytes };
  }

  #get(
    path: string,
    params: Record<string, string | number | bigint>,
    options: CallOptions & { headers?: Record<string, string> },
  ): Promise<UpstreamAnswer> {
    const search = new URLSearchParams(Object.entries(params).map(([name, value]) => [name, String(value)]));
    return this.#http.send(this.#endpoint, { path: `/loki/api/v1/${path}?${search}`, ...options });
  }

  #decoded<T extends z.ZodType>(schema: T, answer: UpstreamAnswer): z.output<T> {
    if (answer.status !== 200) throw refusalOf(answer, this.#endpoint);
    const parsed = schema.safeParse(parseJson(answer.body));
    if (parsed.success) return parsed.data;
    throw invalidAnswer();
  }
}

const rangeOf = ({ start, end, step }: Window) => ({
  start: nanosOfSeconds(start),
  end: nanosOfSeconds(end),
  step,
});

/** The time that Loki gives with a scalar is none. */
const datedAt = (at: number, { metric, values }: Series): Series => ({
  metric,
  values: values.map(([, value]): Sample => [at, value]),
});

/** Of a refusal for asking for too many lines: how many there may be. Nothing else tells it. */
function allowedEntries(text: string): number | null {
  const [, allowed] = /^max entries limit per query exceeded, .*\(\d+ > (\d+)\)/.exec(text) ?? [];
  return allowed ? Number(allowed) : null;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
