import DataLoader from "dataloader";
import { LRUCache } from "lru-cache";
import { CodedError } from "../kernel/errors.ts";
import { Skip } from "../kernel/outcome.ts";
import type { Endpoint, UpstreamHttp } from "../upstreams/http.ts";
import { KubernetesClient } from "../upstreams/kubernetes/client.ts";
import { PrometheusClient } from "../upstreams/prometheus/client.ts";
import type { EndpointAccess, FleetCredentials } from "./credentials.ts";
import type { Target } from "./directory.ts";

const MAX_CLIENTS = 2000;

/** Cluster to ready client. A client is kept until the cluster's endpoint or credentials change. */
export class FleetClients {
  readonly #http: UpstreamHttp;
  readonly #credentials: FleetCredentials;
  readonly #prometheus = new LRUCache<string, PrometheusClient>({ max: MAX_CLIENTS });
  readonly #kubernetes = new LRUCache<string, Promise<KubernetesClient>>({
    max: MAX_CLIENTS,
    // Nothing to close where it could not be made.
    dispose: (client) =>
      void client.then(
        (made) => made.close(),
        () => {},
      ),
  });
  readonly #access: DataLoader<string, (() => EndpointAccess) | null>;

  constructor(http: UpstreamHttp, credentials: FleetCredentials) {
    this.#http = http;
    this.#credentials = credentials;
    this.#access = new DataLoader((ids) => this.#credentials.access(ids), { cache: false });
  }

  /** @throws Skip(NO_ENDPOINT) where the cluster has no Prometheus. */
  async prometheus(target: Target): Promise<PrometheusClient> {
    const url = target.prometheusUrl;
    if (!url) throw new Skip("NO_ENDPOINT", "The cluster has no Prometheus endpoint.");
    const key = `${target.id} ${target.credentialsAt?.getTime()} ${url}`;
    const known = this.#prometheus.get(key);
    if (known) return known;
    const client = new PrometheusClient(this.#http, await this.#endpoint(target.id, url));
    this.#prometheus.set(key, client);
    return client;
  }

  /** @throws CREDENTIALS_INVALID where none are stored. */
  kubernetes(target: Target): Promise<KubernetesClient> {
    const key = `${target.id} ${target.credentialsAt?.getTime()} ${target.apiServerUrl}`;
    const known = this.#kubernetes.get(key);
    if (known) return known;
    const client = this.#connect(target);
    this.#kubernetes.set(key, client);
    // A failure is not remembered: the next caller tries anew.
    client.catch(() => this.#kubernetes.delete(key));
    return client;
  }

  /** Ends the connections, those in use after what is under way. */
  close(): void {
    this.#kubernetes.clear();
  }

  async #connect(target: Target): Promise<KubernetesClient> {
    const kubeconfig = await this.#credentials.kubeconfig(target.id);
    if (kubeconfig === null)
      throw new CodedError("CREDENTIALS_INVALID", "No credentials are stored for the API server.");
    return await KubernetesClient.connect(kubeconfig, target.apiServerUrl);
  }

  async #endpoint(clusterId: string, url: string): Promise<Endpoint> {
    const access = (await this.#access.load(clusterId))?.();
    const overTls = new URL(url).protocol === "https:";
    return {
      url,
      token: access?.prometheusToken ?? (overTls ? access?.clusterToken : null) ?? null,
      caCertificate: access?.caCertificate ?? null,
    };
  }
}
