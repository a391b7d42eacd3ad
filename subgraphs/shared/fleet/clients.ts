import { LRUCache } from "lru-cache";
import { Limits } from "../kernel/limits.ts";
import { Skip } from "../kernel/outcome.ts";
import { AlertmanagerClient } from "../upstreams/alertmanager/client.ts";
import { CallPolicy } from "../upstreams/call-policy.ts";
import type { Endpoint, UpstreamHttp } from "../upstreams/http.ts";
import { KubernetesClient } from "../upstreams/kubernetes/client.ts";
import { LokiClient } from "../upstreams/loki/client.ts";
import { PrometheusClient } from "../upstreams/prometheus/client.ts";
import type { TargetGuard } from "../upstreams/target-guard.ts";
import { TempoClient } from "../upstreams/tempo/client.ts";
import type { CredentialsSource } from "./credentials-source.ts";
import type { Target } from "./directory.ts";
import type { SignIn } from "./sign-in.ts";

const MAX_CLIENTS = 2000;
/** Of calls under way in this process; what streams is not among them. */
const RUNNING = { total: 512, perTarget: 16, perCaller: 256 };
const WAITING = { total: 8192, perTarget: 1024, perCaller: 2048 };
const REST_MS = 10_000;

type Client<C> = new (http: UpstreamHttp, endpoint: Endpoint) => C;

/** One kind of backend, and the clients that were made for it. */
interface Backend<C extends object> {
  name: string;
  Client: Client<C>;
  /** Whose token it takes. */
  kind: Parameters<SignIn["endpoint"]>[1];
  clients: LRUCache<string, C>;
}

const backend = <C extends object>(
  name: string,
  Client: Client<C>,
  kind: Backend<C>["kind"] = "other",
): Backend<C> => ({ name, Client, kind, clients: new LRUCache({ max: MAX_CLIENTS }) });

/** Cluster to ready client. A client is kept until the cluster's endpoint or credentials change. */
export class FleetClients {
  readonly #http: UpstreamHttp;
  readonly #credentials: Pick<CredentialsSource, "signIn">;
  readonly #guard: TargetGuard;
  readonly #restMs: number;
  readonly #limits = new Limits({ running: RUNNING, waiting: WAITING });
  readonly #prometheus = backend("Prometheus", PrometheusClient, "prometheus");
  readonly #tempo = backend("Tempo", TempoClient);
  readonly #loki = backend("Loki", LokiClient);
  readonly #alertmanager = backend("Alertmanager", AlertmanagerClient);
  readonly #kubernetes = new LRUCache<string, Promise<KubernetesClient>>({
    max: MAX_CLIENTS,
    // Nothing to close where it could not be made.
    dispose: (client) =>
      void client.then(
        (made) => made.close(),
        () => {},
      ),
  });

  /** @param restMs how long a backend that failed repeatedly rests at first. */
  constructor(
    http: UpstreamHttp,
    credentials: Pick<CredentialsSource, "signIn">,
    guard: TargetGuard,
    restMs: number = REST_MS,
  ) {
    this.#http = http;
    this.#credentials = credentials;
    this.#guard = guard;
    this.#restMs = restMs;
  }

  /** @throws Skip(NO_ENDPOINT) where the cluster has no Prometheus. */
  prometheus(target: Target): Promise<PrometheusClient> {
    return this.#client(this.#prometheus, target, target.prometheusUrl);
  }

  /** @throws Skip(NO_ENDPOINT) where the cluster has no Tempo. */
  tempo(target: Target): Promise<TempoClient> {
    return this.#client(this.#tempo, target, target.tempoUrl, target.tempoTenant);
  }

  /** @throws Skip(NO_ENDPOINT) where the cluster has no Loki. */
  loki(target: Target): Promise<LokiClient> {
    return this.#client(this.#loki, target, target.lokiUrl, target.lokiTenant);
  }

  /** @throws Skip(NO_ENDPOINT) where the cluster has no Alertmanager. */
  alertmanager(target: Target): Promise<AlertmanagerClient> {
    return this.#client(this.#alertmanager, target, target.alertmanagerUrl);
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

  /** Clients of their own that sign in so, whatever is stored. Whoever asks for them closes them. */
  signingIn(signIn: SignIn): FleetClients {
    return new FleetClients(this.#http, { signIn: () => Promise.resolve(signIn) }, this.#guard);
  }

  /** Ends the connections, those in use after what is under way. */
  close(): void {
    this.#kubernetes.clear();
  }

  async #connect(target: Target): Promise<KubernetesClient> {
    const { kubernetes } = await this.#credentials.signIn(target);
    return await KubernetesClient.connect(await kubernetes(), target.apiServerUrl, this.#guard);
  }

  async #client<C extends object>(
    backend: Backend<C>,
    target: Target,
    url: string | null,
    tenant: string | null = null,
  ): Promise<C> {
    if (!url) throw new Skip("NO_ENDPOINT", `The cluster has no ${backend.name} endpoint.`);
    const key = `${target.id} ${target.credentialsAt?.getTime()} ${tenant} ${url}`;
    const known = backend.clients.get(key);
    if (known) return known;
    const { endpoint } = await this.#credentials.signIn(target);
    // One of its kind, or the calls that come together would each have a policy of their own.
    const made = backend.clients.get(key);
    if (made) return made;
    const { name, kind } = backend;
    const policy = new CallPolicy({ name, target: target.id, limits: this.#limits, restMs: this.#restMs });
    const client = new backend.Client(this.#http, { ...endpoint(url, kind), tenant, policy });
    backend.clients.set(key, client);
    return client;
  }
}
