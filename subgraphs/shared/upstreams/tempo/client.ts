import type { Endpoint, UpstreamHttp } from "../http.ts";
import { type CallOptions, requireAccess, requireReady } from "../readiness.ts";

const READINESS = { name: "Tempo", path: "/ready", api: "/api/echo" };

/** One cluster's Tempo. https://grafana.com/docs/tempo/latest/api_docs/ */
export class TempoClient {
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
