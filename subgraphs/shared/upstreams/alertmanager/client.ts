import type { Endpoint, UpstreamHttp } from "../http.ts";
import { type CallOptions, requireAccess, requireReady } from "../readiness.ts";

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
}
