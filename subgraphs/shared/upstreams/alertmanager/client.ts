import { z } from "zod";
import { CodedError } from "../../kernel/errors.ts";
import type { Endpoint, UpstreamAnswer, UpstreamHttp, UpstreamRequest } from "../http.ts";
import { publicText } from "../prometheus/schema.ts";
import { type CallOptions, requireAccess, requireReady } from "../readiness.ts";
import {
  type ActiveAlert,
  type AlertmanagerStatus,
  AlertsAnswer,
  CreatedAnswer,
  ErrorAnswer,
  type NewSilence,
  type Silence,
  SilenceAnswer,
  StatusAnswer,
} from "./schema.ts";

const READINESS = { name: "Alertmanager", path: "/-/ready", api: "/api/v2/status" };

/** One cluster's Alertmanager. https://prometheus.io/docs/alerting/latest/management_api/ */
export class AlertmanagerClient {
  readonly #http: UpstreamHttp;
  readonly #endpoint: Endpoint;

  constructor(http: UpstreamHttp, endpoint: Endpoint) {
    this.#http = http;
    this.#endpoint = endpoint;
  }

  /** Resolves when the server says that it is ready to take alerts. */
  ready(options: CallOptions): Promise<void> {
    return requireReady(this.#http, this.#endpoint, READINESS, options);
  }

  /** Resolves when its API accepts the credentials. */
  authenticate(options: CallOptions): Promise<void> {
    return requireAccess(this.#http, this.#endpoint, READINESS, options);
  }

  /** Every alert that fires, silenced and inhibited ones included. */
  alerts(options: CallOptions): Promise<ActiveAlert[]> {
    return this.#ask({ path: "/api/v2/alerts", ...options }, AlertsAnswer);
  }

  status(options: CallOptions): Promise<AlertmanagerStatus> {
    return this.#ask({ path: "/api/v2/status", ...options }, StatusAnswer);
  }

  /** Every silence, those that have ended included as long as it keeps them. */
  silences(options: CallOptions): Promise<Silence[]> {
    return this.#ask({ path: "/api/v2/silences", ...options }, z.array(SilenceAnswer));
  }

  /** @throws SILENCE_NOT_FOUND */
  silence(id: string, options: CallOptions): Promise<Silence> {
    return this.#ask({ path: silencePath(id), ...options }, SilenceAnswer);
  }

  /**
   * Create a silence, or change the one of the id.
   * @returns its id: another one where the matchers of one that is there changed, which ends that one.
   * @throws SILENCE_NOT_FOUND
   */
  postSilence(silence: NewSilence & { id?: string }, options: CallOptions): Promise<string> {
    return this.#ask({ path: "/api/v2/silences", json: silence, ...options }, CreatedAnswer);
  }

  /** End a silence; one that has ended stays so. @throws SILENCE_NOT_FOUND */
  async expireSilence(id: string, options: CallOptions): Promise<void> {
    const answer = await this.#http.send(this.#endpoint, { path: silencePath(id), method: "DELETE", ...options });
    if (answer.status !== 200) throw failure(answer);
  }

  async #ask<T extends z.ZodType>(request: UpstreamRequest, schema: T): Promise<z.output<T>> {
    const answer = await this.#http.send(this.#endpoint, request);
    if (answer.status !== 200) throw failure(answer);
    const { data, success } = schema.safeParse(parseJson(answer.body));
    if (success) return data;
    throw new CodedError("UPSTREAM_INVALID_ANSWER", "The endpoint does not answer like Alertmanager.");
  }
}

const silencePath = (id: string): string => `/api/v2/silence/${encodeURIComponent(id)}`;

/** A silence that is missing is a 404 or, before 0.28, a 500 that says so; of a path that is, 404 means nothing else. */
function failure({ status, body }: UpstreamAnswer): CodedError {
  if (status === 401 || status === 403) {
    return new CodedError("UPSTREAM_REFUSED", `Alertmanager refused the credentials (${status}).`);
  }
  const said = ErrorAnswer.safeParse(parseJson(body)).data;
  if (said === "silence not found" || (status === 404 && body === "")) {
    return new CodedError("SILENCE_NOT_FOUND", "Its Alertmanager has no such silence.");
  }
  if (said !== undefined && (status === 400 || status === 422)) {
    return new CodedError("UPSTREAM_QUERY_FAILED", `Alertmanager refuses: ${publicText(said)}`);
  }
  return new CodedError("UPSTREAM_ERROR", `Alertmanager answered HTTP ${status}.`);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
