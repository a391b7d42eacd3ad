import type { Endpoint, UpstreamHttp } from "../http.ts";
import { type CallOptions, requireAccess, requireReady } from "../readiness.ts";

const READINESS = { name: "Loki", path: "/ready", api: "/loki/api/v1/labels?since=1m" };

/** One cluster's Loki. https://grafana.com/docs/loki/latest/reference/loki-http-api/ */
export class LokiClient {
  readonly #http: UpstreamHttp;
  readonly #endpoint: Endpoint;

  constructor(http: UpstreamHttp, endpoint: Endpoint) {
    this.#http = http;
    this.#endpoint = endpoint;
  }

  /** Resolves when the server says that it is ready to answer queries. */
  ready(options: CallOptions): Promise<void> {
    return requireReady(this.#http, this.#endpoint, READINESS, options);
  }

  /** Resolves when its API accepts the credentials. */
  authenticate(options: CallOptions): Promise<void> {
    return requireAccess(this.#http, this.#endpoint, READINESS, options);
  }
}
