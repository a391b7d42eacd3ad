import type { Sample } from "../../shared/upstreams/kubernetes/first-objects.ts";
import type { IngressObject } from "../../shared/upstreams/kubernetes/objects/ingress.ts";
import type { RouteObject } from "../../shared/upstreams/kubernetes/objects/route.ts";
import type { ServiceObject } from "../../shared/upstreams/kubernetes/objects/service.ts";
import { type EndpointKind, endpointKindOf, queryPort } from "./endpoint-kind.filter.ts";
import { counted, type Finding, isUnreachable, type Look, missedFinding } from "./look.detector.ts";

/** An endpoint found in a cluster, as it is stored. */
export interface Proposal {
  kind: EndpointKind;
  url: string;
  source: string;
  /** Reachable only from inside the cluster. */
  inClusterOnly: boolean;
}

export interface ProposalLooks {
  routes: Look<Sample<RouteObject>>;
  ingresses: Look<Sample<IngressObject>>;
  services: Look<Sample<ServiceObject>>;
}

export interface ProposalDetection {
  /** Those reachable from outside first; null where there was no answer this time: what was known stands. */
  proposals: Proposal[] | null;
  findings: Finding[];
}

const MOST = 20;
/** Paths that lead to the whole API: "/api" is what OpenShift's monitoring lets through. A path of one function leads to no endpoint. */
const API_PATHS = new Set(["", "/", "/api", "/api/"]);

/** Endpoints by the names that operators and charts give to their services, and the ways that lead to these from outside. */
export function detectProposals({ routes, ingresses, services }: ProposalLooks): ProposalDetection {
  const places = [
    { source: "routes.route.openshift.io", look: routes, found: seen(routes).flatMap(ofRoute) },
    { source: "ingresses.networking.k8s.io", look: ingresses, found: seen(ingresses).flatMap(ofIngress) },
    { source: "services", look: services, found: seen(services).flatMap(ofService) },
  ];
  const findings = places.map(({ source, look, found }) => finding(source, look, found));
  if (places.some(({ look }) => isUnreachable(look))) return { proposals: null, findings };
  const byUrl = new Map<string, Proposal>();
  for (const proposal of places.flatMap(({ found }) => found)) {
    const key = `${proposal.kind} ${proposal.url}`;
    if (!byUrl.has(key)) byUrl.set(key, proposal);
  }
  const all = [...byUrl.values()].sort((a, b) => Number(a.inClusterOnly) - Number(b.inClusterOnly));
  return { proposals: all.slice(0, MOST), findings };
}

const seen = <T>(look: Look<Sample<T>>): readonly T[] => ("seen" in look ? look.seen.objects : []);

function finding(source: string, look: Look<Sample<unknown>>, found: readonly Proposal[]): Finding {
  if ("missed" in look) return missedFinding("ENDPOINTS", source, look.missed);
  const among = counted(look.seen.objects, look.seen.complete, source.split(".")[0] ?? source);
  const kinds = [...new Set(found.map(({ kind }) => kind))].sort().join(", ");
  return {
    capability: "ENDPOINTS",
    status: found.length > 0 ? "FOUND" : "ABSENT",
    source,
    detail: found.length > 0 ? `${kinds} among ${among}.` : `None of a known name among ${among}.`,
  };
}

const ofRoute = ({ namespace, name, host, path, service, tls }: RouteObject): Proposal[] =>
  behindHost(`route ${namespace}/${name}`, { host, path, service, tls });

const ofIngress = ({ namespace, name, backends }: IngressObject): Proposal[] =>
  backends.flatMap((backend) => behindHost(`ingress ${namespace}/${name}`, backend));

function behindHost(
  source: string,
  way: { host: string | null; path: string; service: string | null; tls: boolean },
): Proposal[] {
  const kind = way.service && endpointKindOf(way.service);
  if (!kind || !way.host || !API_PATHS.has(way.path)) return [];
  return proposal(kind, `${way.tls ? "https" : "http"}://${way.host}`, source, false);
}

function ofService(service: ServiceObject): Proposal[] {
  const { namespace, name, headless, ports, externalHosts } = service;
  const kind = endpointKindOf(name);
  const port = kind && !headless ? queryPort(name, ports) : null;
  if (!kind || !port) return [];
  const scheme = isTls(service, port) ? "https" : "http";
  const source = `service ${namespace}/${name}`;
  const at = (host: string) => `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port.port}`;
  return [
    ...externalHosts.flatMap((host) => proposal(kind, at(host), source, false)),
    ...proposal(kind, at(`${name}.${namespace}.svc`), source, true),
  ];
}

/** OpenShift's own monitoring and logging answer by TLS only, whatever their ports are called. */
const isTls = ({ namespace }: ServiceObject, { name, port }: { name: string | null; port: number }): boolean =>
  port === 443 || port === 8443 || (name?.includes("https") ?? false) || (namespace?.startsWith("openshift-") ?? false);

/** None where a host is not one: it would be no address to anybody. */
function proposal(kind: EndpointKind, text: string, source: string, inClusterOnly: boolean): Proposal[] {
  if (!URL.canParse(text)) return [];
  return [{ kind, url: new URL(text).href.replace(/\/$/, ""), source, inClusterOnly }];
}
