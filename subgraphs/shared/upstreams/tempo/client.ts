import type { z } from "zod";
import { CodedError } from "../../kernel/errors.ts";
import type { Endpoint, UpstreamAnswer, UpstreamHttp } from "../http.ts";
import { publicText } from "../prometheus/schema.ts";
import { type CallOptions, requireAccess, requireReady } from "../readiness.ts";
import {
  SearchAnswer,
  type SearchResult,
  type Tag,
  TagsAnswer,
  TagsAnswerV1,
  type TagValue,
  TagValuesAnswer,
  TagValuesAnswerV1,
  TraceAnswer,
  TraceAnswerV1,
  type TraceResult,
} from "./schema.ts";

const READINESS = { name: "Tempo", path: "/ready", api: "/api/echo" };

/** Unix seconds; the end is after the start. */
export interface TimeBounds {
  start: number;
  end: number;
}

export interface Search extends TimeBounds {
  /** TraceQL. */
  query: string;
  limit: number;
}

/** One cluster's Tempo. https://grafana.com/docs/tempo/latest/api_docs/ */
export class TempoClient {
  readonly #http: UpstreamHttp;
  readonly #endpoint: Endpoint;

  constructor(http: UpstreamHttp, endpoint: Endpoint) {
    this.#http = http;
    this.#endpoint = endpoint;
  }

  async search({ query, start, end, limit }: Search, options: CallOptions): Promise<SearchResult> {
    // One matched span of each trace: none is read.
    const params = { q: query, start, end, limit, spss: 1 };
    const answer = await this.#get("/api/search", params, options);
    return { ...decode(answer, SearchAnswer), bytes: answer.bytes };
  }

  /** @param bounds when it happened, so that what is stored of other times is not looked through. Without spans where there is none. */
  async trace(traceId: string, bounds: TimeBounds | null, options: CallOptions): Promise<TraceResult> {
    const answer = await this.#get(`/api/v2/traces/${traceId}`, { ...bounds }, options);
    if (answer.status !== 404) return { ...decode(answer, TraceAnswer), bytes: answer.bytes };
    // An older Tempo has the first version alone.
    const first = await this.#get(`/api/traces/${traceId}`, { ...bounds }, options);
    // Of a path that there is not, a 404 has text.
    if (first.status === 404 && first.body.trim() === "") return { spans: [], warnings: [], bytes: first.bytes };
    return { ...decode(first, TraceAnswerV1), bytes: first.bytes };
  }

  async tags(bounds: TimeBounds, options: CallOptions): Promise<Tag[]> {
    const answer = await this.#get("/api/v2/search/tags", { ...bounds }, options);
    if (answer.status !== 404) return decode(answer, TagsAnswer);
    return decode(await this.#get("/api/search/tags", { ...bounds }, options), TagsAnswerV1);
  }

  /**
   * @param tag as TraceQL names it, such as `resource.service.name`, `.http.method` or `name`.
   * @param query spans that have the values, in TraceQL; all for none.
   */
  async tagValues(
    tag: string,
    { query, ...bounds }: TimeBounds & { query: string | null },
    options: CallOptions & { limit: number },
  ): Promise<TagValue[]> {
    const { limit, ...call } = options;
    const params = { ...bounds, limit, ...(query === null ? {} : { q: query }) };
    const answer = await this.#get(`/api/v2/search/tag/${encodeURIComponent(tag)}/values`, params, call);
    if (answer.status !== 404) return decode(answer, TagValuesAnswer);
    const name = tag.replace(/^(resource|span|event|link|instrumentation)?\./, "");
    const first = await this.#get(`/api/search/tag/${encodeURIComponent(name)}/values`, { ...bounds }, call);
    return decode(first, TagValuesAnswerV1);
  }

  /** Resolves when the server says that it is ready to answer queries. */
  ready(options: CallOptions): Promise<void> {
    return requireReady(this.#http, this.#endpoint, READINESS, options);
  }

  /** Resolves when its API accepts the credentials. */
  authenticate(options: CallOptions): Promise<void> {
    return requireAccess(this.#http, this.#endpoint, READINESS, options);
  }

  #get(path: string, params: Record<string, string | number>, options: CallOptions): Promise<UpstreamAnswer> {
    const text = new URLSearchParams(Object.entries(params).map(([name, value]) => [name, String(value)])).toString();
    return this.#http.send(this.#endpoint, { path: text ? `${path}?${text}` : path, ...options });
  }
}

function decode<T extends z.ZodType>({ status, body, contentType }: UpstreamAnswer, answer: T): z.output<T> {
  if (status === 401 || status === 403) {
    throw new CodedError("UPSTREAM_REFUSED", "Tempo refused the credentials, or wants a tenant.");
  }
  // Its own words about the query are the user's to read; another server's are not.
  if ((status === 400 || status === 422) && contentType === "text/plain") {
    throw new CodedError("UPSTREAM_QUERY_FAILED", publicText(body.trim()));
  }
  if (status >= 400 && status !== 404) throw new CodedError("UPSTREAM_ERROR", `Tempo answered HTTP ${status}.`);
  const parsed = status === 200 ? answer.safeParse(parseJson(body)) : null;
  if (parsed?.success) return parsed.data;
  throw new CodedError("UPSTREAM_INVALID_ANSWER", "The endpoint does not answer like Tempo.");
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
