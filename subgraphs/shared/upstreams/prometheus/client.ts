import { CodedError } from "../../kernel/errors.ts";
import type { Window } from "../../kernel/time-range.ts";
import type { Endpoint, UpstreamAnswer, UpstreamHttp } from "../http.ts";
import { ErrorAnswer, publicText, QueryAnswer, type QueryResult } from "./schema.ts";

export interface CallOptions {
  signal: AbortSignal;
  requestId: string;
}

/** When an expression is evaluated: at one instant (unix seconds), or over a window. */
export type Evaluation = { at: number } | Window;

/** One cluster's Prometheus or Thanos querier. https://prometheus.io/docs/prometheus/latest/querying/api/ */
export class PrometheusClient {
  readonly #http: UpstreamHttp;
  readonly #endpoint: Endpoint;

  constructor(http: UpstreamHttp, endpoint: Endpoint) {
    this.#http = http;
    this.#endpoint = endpoint;
  }

  /** @param timeoutSeconds told to the server too, so that it stops working on what nobody waits for. */
  async query(query: string, when: Evaluation, timeoutSeconds: number, options: CallOptions): Promise<QueryResult> {
    const timeout = `${timeoutSeconds}s`;
    const answer =
      "at" in when
        ? await this.#post("/api/v1/query", { query, time: String(when.at), timeout }, options)
        : await this.#post("/api/v1/query_range", { query, timeout, ...range(when) }, options);
    return decode(answer);
  }

  /** Resolves when the server says that it is ready to answer queries. */
  async ready(options: CallOptions): Promise<void> {
    const { status } = await this.#http.send(this.#endpoint, { path: "/-/ready", ...options });
    // A Thanos querier behind an API-only route answers 404 or 403 there, though its query API works.
    if (status === 404 || status === 403) decode(await this.#post("/api/v1/query", { query: "1" }, options));
    else if (status === 401) throw refused();
    else if (status !== 200) throw new CodedError("UPSTREAM_ERROR", `Prometheus is not ready (HTTP ${status}).`);
  }

  /** Resolves when its API accepts the credentials. */
  async authenticate(options: CallOptions): Promise<void> {
    decode(await this.#post("/api/v1/query", { query: "1" }, options));
  }

  /**
   * Whether this is a Thanos querier. Its build information has Prometheus' fields and names neither; but it reads the parameter
   * `dedup`, and refuses one that is no boolean (400), where every other server ignores what it does not know.
   */
  async isThanos(options: CallOptions): Promise<boolean> {
    await this.authenticate(options);
    const { status } = await this.#post("/api/v1/query", { query: "1", dedup: "neither" }, options);
    if (status === 200 || status === 400) return status === 400;
    throw new CodedError("UPSTREAM_ERROR", `Prometheus answered HTTP ${status}.`);
  }

  #post(path: string, form: Record<string, string>, options: CallOptions): Promise<UpstreamAnswer> {
    return this.#http.send(this.#endpoint, { path, form, ...options });
  }
}

const range = ({ start, end, step }: Window): Record<string, string> => ({
  start: String(start),
  end: String(end),
  step: String(step),
});

const refused = (): CodedError => new CodedError("UPSTREAM_REFUSED", "Prometheus refused the credentials.");

function decode({ status, body }: UpstreamAnswer): QueryResult {
  if (status === 401 || status === 403) throw refused();
  const json = parseJson(body);
  const success = QueryAnswer.safeParse(json);
  if (success.success) return success.data;
  const failure = ErrorAnswer.safeParse(json);
  if (failure.success) throw queryError(failure.data);
  if (status >= 400) throw new CodedError("UPSTREAM_ERROR", `Prometheus answered HTTP ${status}.`);
  throw new CodedError("UPSTREAM_INVALID_ANSWER", "The endpoint does not answer like Prometheus.");
}

/** Prometheus' own words about the query are the user's to read; match on the type, since texts differ between versions. */
function queryError({ errorType, error }: ErrorAnswer): CodedError {
  if (errorType === "timeout" || errorType === "canceled") {
    return new CodedError("UPSTREAM_TIMEOUT", "Prometheus gave up: the query took too long.");
  }
  if (errorType === "bad_data" || errorType === "execution") {
    return new CodedError("UPSTREAM_QUERY_FAILED", publicText(error), { errorType });
  }
  return new CodedError(
    "UPSTREAM_ERROR",
    `Prometheus reports an error of type ${/^[a-z_]{1,64}$/.test(errorType) ? errorType : "unknown"}.`,
  );
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
