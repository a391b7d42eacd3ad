import { randomBytes } from "node:crypto";
import { type ClusterSpec, clusterSpec } from "./catalogue.ts";
import type { DemoCluster, DemoFleetOptions, UpstreamName } from "./fleet.ts";
import { kubeconfig } from "./kubeconfig.ts";
import { kubernetesHandler } from "./kubernetes/api.ts";
import { Ledger } from "./kubernetes/ledger.ts";
import { prometheusHandler } from "./prometheus/api.ts";
import type { Handler } from "./server/answer.ts";
import type { Endpoint } from "./server/endpoint.ts";
import type { FrontDoor } from "./server/front-door.ts";
import { buildWorld, type Spoke, type World } from "./world/world.ts";

interface Upstream {
  readonly name: UpstreamName;
  readonly tls: boolean;
  readonly handler: (
    world: World,
    tokens: ReadonlySet<string>,
    ledger: Ledger,
    forbidden: ReadonlySet<string>,
  ) => Handler;
}

/** In the order of their ports; another server of a cluster is one more line here. */
const UPSTREAMS: readonly Upstream[] = [
  { name: "kubernetes", tls: true, handler: kubernetesHandler },
  { name: "prometheus", tls: false, handler: prometheusHandler },
];

const PORTS_PER_CLUSTER = 10;

export const newToken = (): string => randomBytes(24).toString("base64url");

/** A cluster of the fleet, with what can be changed of it while it runs. */
export interface Member {
  readonly spec: ClusterSpec;
  readonly token: string;
  /** All that are accepted. */
  readonly tokens: Set<string>;
  readonly ledger: Ledger;
  readonly forbidden: Set<string>;
  readonly endpoints: readonly Endpoint[];
}

/** Its servers do not listen yet. */
export function createMember(
  index: number,
  options: DemoFleetOptions,
  door: FrontDoor,
  spokesOf: (index: number) => readonly Spoke[],
): Member {
  const spec = clusterSpec(options.seed ?? 1, index);
  const world = buildWorld(spec, () => (spec.clusterType === "HUB" ? spokesOf(index) : []));
  const ledger = new Ledger(world);
  const forbidden = new Set<string>();
  const token = newToken();
  const tokens = new Set([token]);
  const base = options.basePort ?? 0;
  const endpoints = UPSTREAMS.map(({ name, tls, handler }, k) => {
    const port = base === 0 ? 0 : base + PORTS_PER_CLUSTER * index + k;
    const served = handler(world, tokens, ledger, forbidden);
    return door.endpoint({ cluster: spec.name, upstream: name, handler: served, tls, port });
  });
  return { spec, token, tokens, ledger, forbidden, endpoints };
}

/** What a user is told of it; once its servers listen, for their addresses. */
export function describeMember({ spec, token, endpoints }: Member, host: string, ca: string): DemoCluster {
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
