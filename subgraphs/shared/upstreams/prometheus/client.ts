import type { z } from "zod";
import { CodedError } from "../../kernel/errors.ts";
import type { Window } from "../../kernel/time-range.ts";
import type { Endpoint, UpstreamAnswer, UpstreamHttp, UpstreamRequest } from "../http.ts";
import { AlertsAnswer, type PendingAlert } from "./alerts.ts";
import { decoded, refused } from "./answer.ts";
import {
  type LabelSet,
  type Listing,
  type Metadata,
  MetadataAnswer,
  NamesAnswer,
  type Rule,
  type RuleKind,
  RulesAnswer,
  type ScrapeTarget,
  SeriesAnswer,
  TargetsAnswer,
} from "./listing-schema.ts";
import { QueryAnswer, type QueryResult } from "./schema.ts";

export interface CallOptions {
  signal: AbortSignal;
  requestId: string;
}

/** When an expression is evaluated: at one instant (unix seconds), or over a window. */
export type Evaluation = { at: number } | Window;

/** Which series a listing is about. */
export interface Matched {
  /** Those that any of these selects; all where there are none. */
  matchers: readonly string[];
  /** In unix seconds. */
  start: number;
  end: number;
}

/** One cluster's Prometheus or Thanos querier. https://prometheus.io/docs/prometheus/latest/querying/api/ */
export class PrometheusClient {
  readonly #http: UpstreamHttp;
  readonly #endpoint: Endpoint;

  constructor(http: UpstreamHttp, endpoint: Endpoint) {
    this.#http = http;
    this.#endpoint = endpoint;
  }

  /**
   * @param timeoutSeconds told to the server too, so that it stops working on what nobody waits for.
   * @param options.limit of series; what knows it not (before 3.0) answers all.
   */
  async query(
    query: string,
    when: Evaluation,
    timeoutSeconds: number,
    options: CallOptions & { limit?: number },
  ): Promise<QueryResult & { bytes: number }> {
    const answer = await this.queryAnswer(query, when, timeoutSeconds, options);
    return { ...decoded(QueryAnswer, answer), bytes: answer.bytes };
  }

  /** The same as it came, for who reads it elsewhere than on the event loop. */
  async queryAnswer(
    query: string,
    when: Evaluation,
    timeoutSeconds: number,
    { limit, ...options }: CallOptions & { limit?: number },
  ): Promise<UpstreamAnswer> {
    const form = { query, timeout: `${timeoutSeconds}s`, ...(limit === undefined ? {} : { limit: String(limit) }) };
    const repeatable = { ...options, idempotent: true };
    return "at" in when
      ? await this.#post("/api/v1/query", { ...form, time: String(when.at) }, repeatable)
      : await this.#post("/api/v1/query_range", { ...form, ...range(when) }, repeatable);
  }

  labels(of: Matched, limit: number, options: CallOptions): Promise<Listing<string>> {
    const form = matched(of, limit);
    return this.#list(NamesAnswer, { path: "/api/v1/labels", form, idempotent: true }, options);
  }

  labelValues(label: string, of: Matched, limit: number, options: CallOptions): Promise<Listing<string>> {
    return this.#list(NamesAnswer, { path: `/api/v1/label/${escaped(label)}/values?${matched(of, limit)}` }, options);
  }

  series(of: Matched, limit: number, options: CallOptions): Promise<Listing<LabelSet>> {
    const form = matched(of, limit);
    return this.#list(SeriesAnswer, { path: "/api/v1/series", form, idempotent: true }, options);
  }

  /** @param metric null for all. @param limit of metrics. */
  metadata(metric: string | null, limit: number, options: CallOptions): Promise<Listing<Metadata>> {
    const asked = new URLSearchParams({ limit: String(limit), ...(metric === null ? {} : { metric }) });
    return this.#list(MetadataAnswer, { path: `/api/v1/metadata?${asked}` }, options);
  }

  /** @param kind null for both. */
  rules(kind: RuleKind | null, options: CallOptions): Promise<Listing<Rule>> {
    const type = kind === null ? "" : `?type=${kind === "ALERTING" ? "alert" : "record"}`;
    return this.#list(RulesAnswer, { path: `/api/v1/rules${type}` }, options);
  }

  /** Those that it scrapes. */
  targets(options: CallOptions): Promise<Listing<ScrapeTarget>> {
    return this.#list(TargetsAnswer, { path: "/api/v1/targets?state=active" }, options);
  }

  /** Resolves when the server says that it is ready to answer queries. */
  async ready(options: CallOptions): Promise<void> {
    const { status } = await this.#http.send(this.#endpoint, { path: "/-/ready", probe: true, ...options });
    // A Thanos querier behind an API-only route answers 404 or 403 there, though its query API works.
    if (status === 404 || status === 403) await this.authenticate(options);
    else if (status === 401) throw refused();
    else if (status !== 200) throw new CodedError("UPSTREAM_ERROR", `Prometheus is not ready (HTTP ${status}).`);
  }

  /** Resolves when its API accepts the credentials. */
  async authenticate(options: CallOptions): Promise<void> {
    decoded(QueryAnswer, await this.#post("/api/v1/query", { query: "1" }, { ...options, probe: true }));
  }

  /**
   * Whether this is a Thanos querier. Its build information has Prometheus' fields and names neither; but it reads the parameter
   * `dedup`, and refuses one that is no boolean (400), where every other server ignores what it does not know.
   */
  async isThanos(options: CallOptions): Promise<boolean> {
    await this.authenticate(options);
    const { status } = await this.#post("/api/v1/query", { query: "1", dedup: "neither" }, { ...options, probe: true });
    if (status === 200 || status === 400) return status === 400;
    throw new CodedError("UPSTREAM_ERROR", `Prometheus answered HTTP ${status}.`);
  }

  /** The alerts whose condition holds, and not yet for as long as their rules want. None where it evaluates no rules. */
  async pendingAlerts(options: CallOptions): Promise<PendingAlert[]> {
    const answer = await this.#http.send(this.#endpoint, { path: "/api/v1/alerts", ...options });
    return answer.status === 404 ? [] : decoded(AlertsAnswer, answer);
  }

  async #list<T>(
    schema: z.ZodType<Omit<Listing<T>, "bytes">>,
    request: Pick<UpstreamRequest, "path" | "form" | "idempotent">,
    options: CallOptions,
  ): Promise<Listing<T>> {
    const answer = await this.#http.send(this.#endpoint, { ...request, ...options });
    return { ...decoded(schema, answer), bytes: answer.bytes };
  }

  #post(
    path: string,
    form: Record<string, string>,
    options: CallOptions & Pick<UpstreamRequest, "idempotent" | "probe">,
  ): Promise<UpstreamAnswer> {
    return this.#http.send(this.#endpoint, { path, form, ...options });
  }
}

const range = ({ start, end, step }: Window): Record<string, string> => ({
  start: String(start),
  end: String(end),
  step: String(step),
});

function matched({ matchers, start, end }: Matched, limit: number): URLSearchParams {
  const asked = new URLSearchParams({ start: String(start), end: String(end), limit: String(limit) });
  for (const matcher of matchers) asked.append("match[]", matcher);
  return asked;
}

/** In a path, a name that versions before 3 do not allow is written in letters that they do: there, no series has it. */
function escaped(label: string): string {
  if (/^[a-zA-Z_]\w*$/.test(label)) return label;
  const hex = (character: string): string => (character.codePointAt(0) ?? 0).toString(16);
  return `U__${label.replaceAll("_", "__").replace(/[^\w:]/gu, (character) => `_${hex(character)}_`)}`;
}
