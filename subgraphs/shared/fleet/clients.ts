import { LRUCache } from "lru-cache";
import { Registry } from "prom-client";
import { gauge } from "../kernel/instruments.ts";
import { Limits } from "../kernel/limits.ts";
import { Skip } from "../kernel/outcome.ts";
import { AlertmanagerClient } from "../upstreams/alertmanager/client.ts";
import { AlertmanagerWithin } from "../upstreams/alertmanager/client-within.ts";
import { CallMeter } from "../upstreams/call-meter.ts";
import { CallPolicy } from "../upstreams/call-policy.ts";
import type { Endpoint, UpstreamHttp } from "../upstreams/http.ts";
import { KubernetesClient } from "../upstreams/kubernetes/client.ts";
import { LokiClient } from "../upstreams/loki/client.ts";
import { LokiWithin } from "../upstreams/loki/client-within.ts";
import { PrometheusClient } from "../upstreams/prometheus/client.ts";
import { PrometheusWithin } from "../upstreams/prometheus/client-within.ts";
import type { TargetGuard } from "../upstreams/target-guard.ts";
import { TempoClient } from "../upstreams/tempo/client.ts";
import { TempoWithin } from "../upstreams/tempo/client-within.ts";
import { requireAskable } from "./asked-as.ts";
import type { CredentialsSource } from "./credentials-source.ts";
import { requireWhole, type Target } from "./directory.ts";
import type { SignIn } from "./sign-in.ts";

const MAX_CLIENTS = 2000;
/** Of calls under way in this process; what streams is not among them. */
const RUNNING = { total: 512, perTarget: 16, perCaller: 256 };
const WAITING = { total: 8192, perTarget: 1024, perCaller: 2048 };
const REST_MS = 10_000;

type Client<C> = new (http: UpstreamHttp, endpoint: Endpoint) => C;

interface Made<C> {
  client: C;
  endpoint: Endpoint;
  policy: CallPolicy;
}

/** One kind of backend, and the clients that were made for it. */
interface Backend<C extends object> {
  name: string;
  Client: Client<C>;
  /** For whoever sees only some namespaces. */
  Within: new (
    http: UpstreamHttp,
    endpoint: Endpoint,
    namespaces: readonly string[],
  ) => C;
  /** Whose token it takes. */
  kind: Parameters<SignIn["endpoint"]>[1];
  clients: LRUCache<string, Made<C>>;
}

const backend = <C extends object>(
  name: string,
  Client: Client<C>,
  Within: Backend<C>["Within"],
  kind: Backend<C>["kind"] = "other",
): Backend<C> => ({ name, Client, Within, kind, clients: new LRUCache({ max: MAX_CLIENTS }) });

/** Cluster to ready client. A client is kept until the cluster's endpoint or credentials change. */
export class FleetClients {
  readonly #http: UpstreamHttp;
  readonly #credentials: Pick<CredentialsSource, "signIn">;
  readonly #guard: TargetGuard;
  readonly #restMs: number;
  readonly #registry: Registry;
  readonly #meter: CallMeter;
  readonly #limits = new Limits({ running: RUNNING, waiting: WAITING });
  readonly #prometheus = backend("Prometheus", PrometheusClient, PrometheusWithin, "prometheus");
  readonly #tempo = backend("Tempo", TempoClient, TempoWithin);
  readonly #loki = backend("Loki", LokiClient, LokiWithin);
  readonly #alertmanager = backend("Alertmanager", AlertmanagerClient, AlertmanagerWithin);
  readonly #kubernetes = new LRUCache<string, Promise<KubernetesClient>>({
    max: MAX_CLIENTS,
    // Nothing to close where it could not be made.
    dispose: (client) =>
      void client.then(
        (made) => made.close(),
        () => {},
      ),
  });

  /**
   * @param restMs how long a backend that failed repeatedly rests at first.
   * @param registry what is counted and how much is under way.
   */
  constructor(
    http: UpstreamHttp,
    credentials: Pick<CredentialsSource, "signIn">,
    guard: TargetGuard,
    restMs: number = REST_MS,
    registry: Registry = new Registry(),
  ) {
    this.#http = http;
    this.#credentials = credentials;
    this.#guard = guard;
    this.#restMs = restMs;
    this.#registry = registry;
    this.#meter = new CallMeter(registry);
    this.#showLoad(registry);
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

  /**
   * In the user's name where the target says so.
   * @throws CREDENTIALS_INVALID where none are stored, CLUSTER_FORBIDS_USER; FORBIDDEN for whoever sees only some namespaces: it reads all.
   */
  async kubernetes(target: Target): Promise<KubernetesClient> {
    requireWhole(target);
    const { as } = target;
    if (!as) return await this.#connected(target, false);
    requireAskable(as);
    return (await this.#connected(target, as.token !== null)).as(as);
  }

  /** @param anonymous for users' own tokens: a client certificate beside one would go before it. */
  #connected(target: Target, anonymous: boolean): Promise<KubernetesClient> {
    const key = `${target.id} ${target.credentialsAt?.getTime()} ${target.apiServerUrl} ${anonymous}`;
    const known = this.#kubernetes.get(key);
    if (known) return known;
    const client = this.#connect(target, anonymous);
    this.#kubernetes.set(key, client);
    // A failure is not remembered: the next caller tries anew.
    client.catch(() => this.#kubernetes.delete(key));
    return client;
  }

  /** Clients of their own that sign in so, whatever is stored. Whoever asks for them closes them. */
  signingIn(signIn: SignIn): FleetClients {
    return new FleetClients(
      this.#http,
      { signIn: () => Promise.resolve(signIn) },
      this.#guard,
      this.#restMs,
      this.#registry,
    );
  }

  /** Ends the connections, those in use after what is under way. */
  close(): void {
    this.#kubernetes.clear();
  }

  async #connect(target: Target, anonymous: boolean): Promise<KubernetesClient> {
    const { kubernetes } = await this.#credentials.signIn(target);
    return await KubernetesClient.connect(
      await kubernetes(),
      target.apiServerUrl,
      this.#guard,
      this.#meter.of("kubernetes", target.clusterType),
      { anonymous },
    );
  }

  async #client<C extends object>(
    backend: Backend<C>,
    target: Target,
    url: string | null,
    tenant: string | null = null,
  ): Promise<C> {
    const made = await this.#made(backend, target, url, tenant);
    const { namespaces, as } = target;
    const own =
      as?.access === "USER_TOKEN" && url
        ? (await this.#credentials.signIn(target)).endpoint(url, backend.kind, as)
        : null;
    if (!namespaces && !own) return made.client;
    const endpoint = { ...made.endpoint, ...own };
    return namespaces ? new backend.Within(this.#http, endpoint, namespaces) : new backend.Client(this.#http, endpoint);
  }

  async #made<C extends object>(
    backend: Backend<C>,
    target: Target,
    url: string | null,
    tenant: string | null,
  ): Promise<Made<C>> {
    if (!url) throw new Skip("NO_ENDPOINT", `The cluster has no ${backend.name} endpoint.`);
    const key = `${target.id} ${target.credentialsAt?.getTime()} ${tenant} ${url}`;
    const known = backend.clients.get(key);
    if (known) return known;
    const signIn = await this.#credentials.signIn(target);
    // One of its kind, or the calls that come together would each have a policy of their own.
    const made = backend.clients.get(key);
    if (made) return made;
    const { name, kind } = backend;
    const policy = new CallPolicy({ name, target: target.id, limits: this.#limits, restMs: this.#restMs });
    const calls = this.#meter.of(name, target.clusterType);
    const endpoint: Endpoint = { ...signIn.endpoint(url, kind), tenant, policy, calls };
    const client = { client: new backend.Client(this.#http, endpoint), endpoint, policy };
    backend.clients.set(key, client);
    return client;
  }

  #showLoad(registry: Registry): void {
    gauge(
      registry,
      "aiops_upstream_calls",
      "Calls to clusters that are running, and waiting for their turn. Waiting ones that do not go away: one target hangs, or one user asks for too much.",
      ["state"],
      () => Object.entries(this.#limits.counts).map(([state, count]) => [{ state }, count] as const),
    );
    gauge(
      registry,
      "aiops_upstream_breakers",
      "Endpoints of clusters that this process has asked, by the state of their circuit breaker. open: failed five times in a row and rests.",
      ["backend", "state"],
      () =>
        [this.#prometheus, this.#tempo, this.#loki, this.#alertmanager].flatMap(({ name, clients }) => {
          const states = { closed: 0, "half-open": 0, open: 0 };
          for (const { policy } of clients.values()) states[policy.state] += 1;
          return Object.entries(states).map(
            ([state, count]) => [{ backend: name.toLowerCase(), state }, count] as const,
          );
        }),
    );
  }
}
