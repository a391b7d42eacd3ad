import { randomBytes } from "node:crypto";
import { type ClusterSpec, type ClusterType, clusterSpec, type Environment, type Platform } from "./catalogue.ts";
import { kubeconfig } from "./kubeconfig.ts";
import { kubernetesHandler } from "./kubernetes/api.ts";
import { prometheusHandler } from "./prometheus/api.ts";
import type { Handler } from "./server/answer.ts";
import type { Endpoint } from "./server/endpoint.ts";
import { createFrontDoor, type FrontDoor } from "./server/front-door.ts";
import { createTlsMaterial } from "./server/tls.ts";
import { Traffic } from "./server/traffic.ts";
import { buildWorld, type World } from "./world/world.ts";

/**
 * What can go wrong with a server: `refuse` its listener is closed (ECONNREFUSED), `hang` it accepts and never answers,
 * `drip` headers and then a byte a second, `reset` the connection is reset, `error-503`, `bad-json` the answer ends in the
 * middle, `slow` it answers after a delay.
 */
export type Fault = "refuse" | "hang" | "drip" | "reset" | "error-503" | "bad-json" | "slow";

/** The servers every cluster has. */
export type UpstreamName = "kubernetes" | "prometheus";

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
  /** Requests answered or begun since the last reset, oldest first, at most the newest 10,000. */
  requests(): readonly UpstreamRequest[];
  resetRequests(): void;
  /** Requests begun and neither answered nor given up by the client. */
  inFlight(filter?: { cluster?: string; upstream?: string }): number;
  /** Requests whose client went away before the answer was finished. */
  aborted(): number;
  close(): Promise<void>;
}

interface Upstream {
  readonly name: UpstreamName;
  readonly tls: boolean;
  readonly handler: (world: World, token: string) => Handler;
}

/** In the order of their ports; another server of a cluster is one more line here. */
const UPSTREAMS: readonly Upstream[] = [
  { name: "kubernetes", tls: true, handler: kubernetesHandler },
  { name: "prometheus", tls: false, handler: prometheusHandler },
];

const PORTS_PER_CLUSTER = 10;
const OPENED_AT_ONCE = 64;
const DEFAULT_DELAY_MS = 1000;

interface Member {
  readonly spec: ClusterSpec;
  readonly token: string;
  readonly endpoints: readonly Endpoint[];
}

function createMember(index: number, options: DemoFleetOptions, door: FrontDoor): Member {
  const spec = clusterSpec(options.seed ?? 1, index);
  const world = buildWorld(spec);
  const token = randomBytes(24).toString("base64url");
  const base = options.basePort ?? 0;
  const endpoints = UPSTREAMS.map(({ name, tls, handler }, k) => {
    const port = base === 0 ? 0 : base + PORTS_PER_CLUSTER * index + k;
    return door.endpoint({ cluster: spec.name, upstream: name, handler: handler(world, token), tls, port });
  });
  return { spec, token, endpoints };
}

function describeMember({ spec, token, endpoints }: Member, host: string, ca: string): DemoCluster {
  const bracketed = host.includes(":") ? `[${host}]` : host;
  const url = (scheme: string, name: UpstreamName) => {
    const port = endpoints.find(({ upstream }) => upstream === name)?.listener.port ?? 0;
    return `${scheme}://${bracketed}:${port}`;
  };
  const { name, displayName, clusterType, platform, platformVersion, region, environment } = spec;
  const apiServerUrl = url("https", "kubernetes");
  return {
    name,
    displayName,
    clusterType,
    platform,
    platformVersion,
    region,
    environment,
    labels: { ...spec.labels },
    apiServerUrl,
    prometheusUrl: url("http", "prometheus"),
    token,
    caCertificate: ca,
    kubeconfig: kubeconfig({ name, server: apiServerUrl, ca, token }),
  };
}

async function openAll(endpoints: readonly Endpoint[]): Promise<void> {
  for (let i = 0; i < endpoints.length; i += OPENED_AT_ONCE) {
    await Promise.all(endpoints.slice(i, i + OPENED_AT_ONCE).map(({ listener }) => listener.open()));
  }
}

/**
 * Starts simulated clusters which speak the real protocols over HTTP. Rejects when a port is taken, after closing those
 * already open. One process carries a thousand: they share one TLS context, and a cluster that nobody asks costs two sockets.
 */
export async function startDemoFleet(options: DemoFleetOptions): Promise<DemoFleet> {
  const host = options.host ?? "127.0.0.1";
  // Nobody can connect to "all addresses".
  const advertised = options.advertiseHost ?? (host === "0.0.0.0" || host === "::" ? "localhost" : host);
  const tls = await createTlsMaterial(["localhost", "127.0.0.1", "::1", host, advertised]);
  const traffic = new Traffic();
  const door = createFrontDoor({ host, tls, traffic, latencyMs: options.latencyMs ?? 0, now: options.now ?? Date.now });
  const members = Array.from({ length: options.clusters }, (_, index) => createMember(index, options, door));
  const endpoints = members.flatMap((member) => member.endpoints);
  const shut = async ({ flights, listener }: Endpoint) => {
    for (const flight of flights) flight.settle("cut");
    await listener.close();
  };
  const close = async () => {
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
  return {
    clusters: members.map((member) => describeMember(member, advertised, tls.ca)),
    fault: (cluster, upstream) => endpointOf(cluster, upstream).fault?.fault ?? null,
    async setFault(cluster, upstream, fault, { delayMs = DEFAULT_DELAY_MS } = {}) {
      const endpoint = endpointOf(cluster, upstream);
      endpoint.fault = fault === null ? null : { fault, delayMs: fault === "slow" ? delayMs : 0 };
      await (fault === "refuse" ? shut(endpoint) : endpoint.listener.open());
    },
    requests: () => traffic.requests(),
    resetRequests: () => traffic.reset(),
    inFlight: (filter) => traffic.inFlight(filter),
    aborted: () => traffic.aborted(),
    close,
  };
}
