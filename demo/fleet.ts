import type { ClusterType, Environment, Platform } from "./catalogue.ts";
import type { Incident, IncidentKind, IncidentOptions } from "./incidents.ts";
import type { Person } from "./kubernetes/people.ts";
import { createMember, describeMember, type Member, newToken } from "./member.ts";
import type { Endpoint } from "./server/endpoint.ts";
import type { FAULTS } from "./server/faults.ts";
import { createFrontDoor } from "./server/front-door.ts";
import { createTlsMaterial } from "./server/tls.ts";
import { Traffic } from "./server/traffic.ts";
import type { AlertState } from "./world/alerts/rule.ts";
import type { Fate } from "./world/workloads.ts";
import type { Spoke } from "./world/world.ts";

/**
 * What can go wrong with a server: `refuse` its listener is closed (ECONNREFUSED), `hang` it accepts and never answers,
 * `stall` headers, half of the body and then nothing, `drip` headers and then a byte a second, `reset` the connection is reset,
 * `tls` a certificate that nobody trusts, or TLS from a server that is to speak plain HTTP, `error-503`, `error-429` with
 * Retry-After: 1, `bad-json` the answer ends in the middle, `wrong-type` a login page, `huge` 100 MB, `partial` Prometheus answers
 * with a warning, `slow` it answers after a delay.
 */
export type Fault = (typeof FAULTS)[number];

/** The servers every cluster has, but that a small one may have no Tempo. */
export type UpstreamName = "kubernetes" | "prometheus" | "loki" | "tempo" | "alertmanager";

export interface DemoFleetOptions {
  readonly clusters: number;
  /** The same seed gives the same clusters, objects and series. Default 1. */
  readonly seed?: number;
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** Host name in the URLs. Default: the host, or localhost where that means all addresses. */
  readonly advertiseHost?: string;
  /** Cluster i's server k listens on basePort + 10 * i + k. Absent or 0: any free port. */
  readonly basePort?: number;
  /** Milliseconds added to every answer. */
  readonly latencyMs?: number;
  /** The clock that the worlds follow, in milliseconds. */
  readonly now?: () => number;
}

export interface DemoCluster {
  readonly name: string;
  readonly displayName: string;
  readonly clusterType: ClusterType;
  readonly platform: Platform;
  readonly platformVersion: string;
  readonly region: string;
  readonly environment: Environment;
  readonly labels: Record<string, string>;
  readonly apiServerUrl: string;
  readonly prometheusUrl: string;
  readonly lokiUrl: string;
  /** Whose logs to ask Loki for; null where it does not want to know. */
  readonly lokiTenant: string | null;
  /** Null where it has none. */
  readonly tempoUrl: string | null;
  readonly alertmanagerUrl: string;
  readonly token: string;
  /** PEM. */
  readonly caCertificate: string;
  readonly kubeconfig: string;
}

export interface UpstreamRequest {
  readonly cluster: string;
  readonly upstream: UpstreamName;
  readonly method: string;
  /** Without the query string. */
  readonly path: string;
  /** Query string and form body; of a repeated name the first value. */
  readonly params: Record<string, string>;
  readonly headers: Record<string, string>;
  /** Milliseconds on the fleet's clock. */
  readonly at: number;
}

export interface DemoFleet {
  readonly clusters: readonly DemoCluster[];
  /** Lets a server misbehave, or behave again with null. `delayMs` (default 1000) belongs to "slow". */
  setFault(cluster: string, upstream: UpstreamName, fault: Fault | null, options?: { delayMs?: number }): Promise<void>;
  /** How the server misbehaves now. */
  fault(cluster: string, upstream: UpstreamName): Fault | null;
  /** The kinds, such as "nodes", that the cluster's token may not ask its API server for from now on (403). */
  forbid(cluster: string, kinds: readonly string[]): void;
  /** A further token that the cluster's API server accepts: of its service account, or of a person. */
  issueToken(cluster: string, person?: Person): string;
  /** Lets a user or a group do everything in these namespaces from now on, and nothing else; "*" is everything. */
  grant(cluster: string, to: string, namespaces: readonly string[]): void;
  /** The API server accepts the token no more. */
  revokeToken(cluster: string, token: string): void;
  /** Adds a pod, or changes what becomes of one. Only the Kubernetes API shows it, also to watches that are open. */
  putPod(cluster: string, namespace: string, name: string, fate?: Fate): void;
  /** Deletes a pod; nothing makes another one for it. Throws where there is none. */
  deletePod(cluster: string, namespace: string, name: string): void;
  /** The GPU of this UUID falls off the bus, or comes back: nothing measures it meanwhile, and Kubernetes still counts on it. */
  loseGpu(cluster: string, gpu: string, lost?: boolean): void;
  /** Makes the API server forget its changes so far: watches cannot be resumed from before (410). */
  compact(cluster: string): void;
  /**
   * From now on the alert is firing or pending, or with null neither, whatever its rule says; without labels, all of the rule.
   * Its pods' logs and traces show it since some minutes before. Names that no rule has are raised as critical.
   */
  setAlert(cluster: string, name: string, state: AlertState | null, labels?: Record<string, string>): void;
  /**
   * Lets something go wrong in the cluster, in its objects, events, metrics, logs, traces and alerts at once, and tells what is at
   * the root of it. One of the same kind is replaced. Throws where the cluster lacks what it takes, such as a GPU.
   */
  startIncident(cluster: string, kind: IncidentKind, options?: IncidentOptions): Incident;
  /** Ends it now: its history stays. Returns null where there is none of this kind that goes on. */
  endIncident(cluster: string, kind: IncidentKind): Incident | null;
  /** The cluster's incident of this kind, also one that is over; null where there was none. */
  incident(cluster: string, kind: IncidentKind): Incident | null;
  /** Lets the cluster's Alertmanager post to this URL what fires and what is resolved; with null to none. */
  setWebhook(cluster: string, url: string | null): void;
  /** Requests answered or begun since the last reset, oldest first, at most the newest 10,000. */
  requests(): readonly UpstreamRequest[];
  resetRequests(): void;
  /** Requests begun and neither answered nor given up by the client. */
  inFlight(filter?: { cluster?: string; upstream?: string }): number;
  /** Requests whose client went away before the answer was finished. */
  aborted(): number;
  close(): Promise<void>;
}

const OPENED_AT_ONCE = 64;
/** A hub manages as many of the clusters after it. */
const SPOKES_PER_HUB = 4;
const DEFAULT_DELAY_MS = 1000;

async function openAll(endpoints: readonly Endpoint[]): Promise<void> {
  for (let i = 0; i < endpoints.length; i += OPENED_AT_ONCE) {
    await Promise.all(endpoints.slice(i, i + OPENED_AT_ONCE).map(({ listener }) => listener.open()));
  }
}

/**
 * Starts simulated clusters which speak the real protocols over HTTP. Rejects when a port is taken, after closing those
 * already open. One process carries a thousand: they share one TLS context, and a cluster that nobody asks costs its sockets.
 */
export async function startDemoFleet(options: DemoFleetOptions): Promise<DemoFleet> {
  const host = options.host ?? "127.0.0.1";
  // Nobody can connect to "all addresses".
  const advertised = options.advertiseHost ?? (host === "0.0.0.0" || host === "::" ? "localhost" : host);
  const hosts = ["localhost", "127.0.0.1", "::1", host, advertised];
  const [tls, untrusted] = await Promise.all([createTlsMaterial(hosts), createTlsMaterial(hosts)]);
  const now = options.now ?? Date.now;
  const traffic = new Traffic();
  const door = createFrontDoor({
    host,
    tls,
    untrusted,
    traffic,
    latencyMs: options.latencyMs ?? 0,
    now,
  });
  // Asked for once the servers listen, when their addresses are known.
  const spokesOf = (index: number): Spoke[] =>
    members.slice(index + 1, index + 1 + SPOKES_PER_HUB).map((member) => {
      const { apiServerUrl, caCertificate, token } = describeMember(member, advertised, tls.ca);
      return { spec: member.spec, apiServerUrl, caCertificate, token };
    });
  const members: readonly Member[] = Array.from({ length: options.clusters }, (_, index) =>
    createMember(index, options, door, spokesOf, (of) => members[of]?.world),
  );
  const endpoints = members.flatMap((member) => member.endpoints);
  const shut = async ({ flights, listener }: Endpoint) => {
    for (const flight of flights) flight.settle("cut");
    await listener.close();
  };
  const close = async () => {
    for (const { notifier } of members) notifier.send(null);
    await Promise.all(endpoints.map(shut));
  };
  try {
    await openAll(endpoints);
  } catch (error) {
    await close();
    throw error;
  }
  const byName = new Map(endpoints.map((endpoint) => [`${endpoint.cluster}/${endpoint.upstream}`, endpoint]));
  const endpointOf = (cluster: string, upstream: UpstreamName) => {
    const endpoint = byName.get(`${cluster}/${upstream}`);
    if (endpoint === undefined) throw new Error(`the demo fleet has no ${upstream} of a cluster "${cluster}"`);
    return endpoint;
  };
  const memberOf = (cluster: string) => {
    const member = members.find(({ spec }) => spec.name === cluster);
    if (member === undefined) throw new Error(`the demo fleet has no cluster "${cluster}"`);
    return member;
  };
  const ledgerOf = (cluster: string) => memberOf(cluster).ledger;
  return {
    clusters: members.map((member) => describeMember(member, advertised, tls.ca)),
    fault: (cluster, upstream) => endpointOf(cluster, upstream).fault?.fault ?? null,
    async setFault(cluster, upstream, fault, { delayMs = DEFAULT_DELAY_MS } = {}) {
      const endpoint = endpointOf(cluster, upstream);
      endpoint.fault = fault === null ? null : { fault, delayMs: fault === "slow" ? delayMs : 0 };
      // A connection that was made before would not meet the other certificate.
      if (fault === "refuse" || fault === "tls") await shut(endpoint);
      if (fault !== "refuse") await endpoint.listener.open();
    },
    forbid(cluster, kinds) {
      const { forbidden } = memberOf(cluster);
      forbidden.clear();
      for (const kind of kinds) forbidden.add(kind);
    },
    issueToken(cluster, person) {
      const token = newToken();
      const { tokens, people } = memberOf(cluster);
      if (person) people.know(token, person);
      else tokens.add(token);
      return token;
    },
    grant: (cluster, to, namespaces) => memberOf(cluster).people.grant(to, namespaces),
    revokeToken(cluster, token) {
      memberOf(cluster).tokens.delete(token);
      memberOf(cluster).people.forget(token);
    },
    putPod: (cluster, namespace, name, fate = "steady") => ledgerOf(cluster).pods.put(namespace, name, fate),
    deletePod: (cluster, namespace, name) => ledgerOf(cluster).pods.delete(namespace, name),
    loseGpu: (cluster, gpu, lost = true) => memberOf(cluster).world.lostGpus.set(gpu, lost),
    compact: (cluster) => ledgerOf(cluster).compact(),
    setAlert: (cluster, name, state, labels) => memberOf(cluster).world.alerts.set(name, state, now() / 1000, labels),
    startIncident(cluster, kind, { at = now(), lengthSeconds = Infinity } = {}) {
      const { world, ledger } = memberOf(cluster);
      const from = Math.floor(at / 1000);
      const started = world.incidents.start(kind, { from, to: from + lengthSeconds });
      ledger.notify();
      return started;
    },
    endIncident(cluster, kind) {
      const { world, ledger } = memberOf(cluster);
      const ended = world.incidents.end(kind, Math.floor(now() / 1000));
      ledger.notify();
      return ended;
    },
    incident: (cluster, kind) => memberOf(cluster).world.incidents.find(kind),
    setWebhook: (cluster, url) => memberOf(cluster).notifier.send(url),
    requests: () => traffic.requests(),
    resetRequests: () => traffic.reset(),
    inFlight: (filter) => traffic.inFlight(filter),
    aborted: () => traffic.aborted(),
    close,
  };
}
