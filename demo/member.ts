import { randomBytes } from "node:crypto";
import { alertmanagerHandler } from "./alertmanager/api.ts";
import { Notifier } from "./alertmanager/notifier.ts";
import { Silences } from "./alertmanager/silences.ts";
import { type ClusterSpec, clusterSpec } from "./catalogue.ts";
import type { DemoCluster, DemoFleetOptions, UpstreamName } from "./fleet.ts";
import { kubeconfig } from "./kubeconfig.ts";
import { kubernetesHandler } from "./kubernetes/api.ts";
import { Ledger } from "./kubernetes/ledger.ts";
import { People } from "./kubernetes/people.ts";
import { lokiHandler } from "./loki/api.ts";
import { prometheusHandler } from "./prometheus/api.ts";
import type { Handler } from "./server/answer.ts";
import type { Endpoint } from "./server/endpoint.ts";
import type { FrontDoor } from "./server/front-door.ts";
import { tempoHandler } from "./tempo/api.ts";
import type { Neighbours } from "./world/traces/traces.ts";
import { buildWorld, type Spoke, type World } from "./world/world.ts";

/** What the servers of a cluster serve. */
interface Inside {
  readonly world: World;
  readonly tokens: ReadonlySet<string>;
  readonly ledger: Ledger;
  readonly forbidden: ReadonlySet<string>;
  readonly people: People;
  readonly silences: Silences;
}

interface Upstream {
  readonly name: UpstreamName;
  readonly tls: boolean;
  /** Whether the cluster has one; all have, where this is left out. */
  readonly present?: (spec: ClusterSpec) => boolean;
  readonly handler: (cluster: Inside) => Handler;
}

/** In the order of their ports; another server of a cluster is one more line here. */
const UPSTREAMS: readonly Upstream[] = [
  {
    name: "kubernetes",
    tls: true,
    handler: ({ world, tokens, ledger, forbidden, people }) =>
      kubernetesHandler(world, tokens, ledger, forbidden, people),
  },
  { name: "prometheus", tls: false, handler: ({ world }) => prometheusHandler(world) },
  { name: "loki", tls: false, handler: ({ world }) => lokiHandler(world, world.spec.lokiTenant) },
  {
    name: "tempo",
    tls: false,
    present: ({ tempo }) => tempo !== undefined,
    handler: ({ world }) => tempoHandler(world),
  },
  { name: "alertmanager", tls: false, handler: ({ world, silences }) => alertmanagerHandler(world, silences) },
];

const PORTS_PER_CLUSTER = 10;

export const newToken = (): string => randomBytes(24).toString("base64url");

/** A cluster of the fleet, with what can be changed of it while it runs. */
export interface Member {
  readonly spec: ClusterSpec;
  readonly world: World;
  readonly token: string;
  /** All that are accepted. */
  readonly tokens: Set<string>;
  readonly ledger: Ledger;
  readonly forbidden: Set<string>;
  readonly people: People;
  readonly notifier: Notifier;
  readonly endpoints: readonly Endpoint[];
}

/** Every second cluster does a part of the work of the one before, where both have the services for it. */
function neighbours(index: number, worldOf: (index: number) => World | undefined): Neighbours {
  const [caller, callee] = [worldOf(index - (index % 2)), worldOf(index - (index % 2) + 1)];
  if (caller === undefined || callee === undefined || caller.spec.workers * callee.spec.workers === 0) return {};
  return index % 2 === 0 ? { callee } : { caller };
}

/** Its servers do not listen yet. */
export function createMember(
  index: number,
  options: DemoFleetOptions,
  door: FrontDoor,
  spokesOf: (index: number) => readonly Spoke[],
  worldOf: (index: number) => World | undefined,
): Member {
  const spec = clusterSpec(options.seed ?? 1, index);
  const world = buildWorld(
    spec,
    () => (spec.clusterType === "HUB" ? spokesOf(index) : []),
    () => neighbours(index, worldOf),
  );
  const ledger = new Ledger(world);
  const forbidden = new Set<string>();
  const people = new People();
  const silences = new Silences();
  const notifier = new Notifier(world, silences, options.now ?? Date.now);
  const token = newToken();
  const tokens = new Set([token]);
  const base = options.basePort ?? 0;
  const endpoints = UPSTREAMS.flatMap(({ name, tls, present, handler }, k) => {
    if (present?.(spec) === false) return [];
    const port = base === 0 ? 0 : base + PORTS_PER_CLUSTER * index + k;
    const served = handler({ world, tokens, ledger, forbidden, people, silences });
    return [door.endpoint({ cluster: spec.name, upstream: name, handler: served, tls, port })];
  });
  return { spec, world, token, tokens, ledger, forbidden, people, notifier, endpoints };
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
    lokiUrl: url("http", "loki"),
    lokiTenant: spec.lokiTenant ?? null,
    tempoUrl: spec.tempo === undefined ? null : url("http", "tempo"),
    alertmanagerUrl: url("http", "alertmanager"),
    token,
    caCertificate: ca,
    kubeconfig: kubeconfig({ name, server: apiServerUrl, ca, token }),
  };
}
