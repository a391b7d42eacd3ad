import { describe, expect, it } from "vitest";
import { z } from "zod";
import { recording } from "../../../test/support/recordings.ts";
import { IngressObject } from "../../shared/upstreams/kubernetes/objects/ingress.ts";
import { RouteObject } from "../../shared/upstreams/kubernetes/objects/route.ts";
import { ServiceObject } from "../../shared/upstreams/kubernetes/objects/service.ts";
import { endpointKindOf } from "./endpoint-kind.filter.ts";
import { type Look, missing } from "./look.detector.ts";
import { detectProposals, type ProposalLooks } from "./proposal.detector.ts";

const all = <T>(objects: T[]) => ({ seen: { objects, complete: true } });
const absent = missing("The API server has no such resource.");
const detect = (looks: Partial<ProposalLooks>) =>
  detectProposals({ routes: absent, ingresses: absent, services: absent, ...looks });
const urls = (looks: Partial<ProposalLooks>) => detect(looks).proposals?.map(({ url }) => url);

const route = (name: string, spec: object): RouteObject =>
  RouteObject.parse({
    metadata: { name, namespace: "openshift-monitoring" },
    spec: { host: `${name}.apps.example.com`, to: { kind: "Service", name }, tls: { termination: "edge" }, ...spec },
  });
const service = (name: string, ports: [string, number][], more: object = {}, namespace = "monitoring"): ServiceObject =>
  ServiceObject.parse({
    metadata: { name, namespace },
    spec: { clusterIP: "10.96.0.9", ports: ports.map(([portName, port]) => ({ name: portName, port })) },
    ...more,
  });

describe("proposed endpoints", () => {
  it("are services of well-known names, as recorded, for use inside", () => {
    const answer = z
      .object({ items: z.array(ServiceObject) })
      .parse(recording("kubernetes-1.36", "services-list").answer);
    const { proposals, findings } = detect({ services: all(answer.items) });
    const inClusterOnly = true;
    expect(proposals).toEqual([
      {
        kind: "LOKI",
        url: "https://loki.openshift-logging.svc:3100",
        source: "service openshift-logging/loki",
        inClusterOnly,
      },
      {
        kind: "ALERTMANAGER",
        url: "https://alertmanager-main.openshift-monitoring.svc:9094",
        source: "service openshift-monitoring/alertmanager-main",
        inClusterOnly,
      },
      {
        kind: "PROMETHEUS",
        url: "https://prometheus-k8s.openshift-monitoring.svc:9091",
        source: "service openshift-monitoring/prometheus-k8s",
        inClusterOnly,
      },
      {
        kind: "THANOS",
        url: "https://thanos-querier.openshift-monitoring.svc:9091",
        source: "service openshift-monitoring/thanos-querier",
        inClusterOnly,
      },
      { kind: "TEMPO", url: "http://tempo.tracing.svc:3200", source: "service tracing/tempo", inClusterOnly },
    ]);
    expect(findings.map(({ status, detail }) => [status, detail])).toEqual([
      ["ABSENT", "The API server has no such resource."],
      ["ABSENT", "The API server has no such resource."],
      ["FOUND", "ALERTMANAGER, LOKI, PROMETHEUS, TEMPO, THANOS among 10 services."],
    ]);
  });

  it("are routes to these, first, where the way leads to the whole API", () => {
    const routes = all([
      route("thanos-querier", { path: "/api" }),
      route("prometheus-k8s", { tls: undefined }),
      route("prometheus-k8s-federate", { path: "/federate", to: { name: "prometheus-k8s" } }),
      route("console", {}),
      route("alertmanager-main", { host: null }),
      route("loki-gateway", { host: "not a host" }),
    ]);
    const { proposals } = detect({ routes, services: all([service("thanos-querier", [["web", 9091]])]) });
    expect(proposals).toEqual([
      {
        kind: "THANOS",
        url: "https://thanos-querier.apps.example.com",
        source: "route openshift-monitoring/thanos-querier",
        inClusterOnly: false,
      },
      {
        kind: "PROMETHEUS",
        url: "http://prometheus-k8s.apps.example.com",
        source: "route openshift-monitoring/prometheus-k8s",
        inClusterOnly: false,
      },
      expect.objectContaining({ url: "http://thanos-querier.monitoring.svc:9091", inClusterOnly: true }),
    ]);
  });

  it("are ingresses to these, by TLS where that host has it", () => {
    const path = (name: string, at = "/") => ({ path: at, backend: { service: { name } } });
    const ingress = IngressObject.parse({
      metadata: { name: "all", namespace: "monitoring" },
      spec: {
        tls: [{ hosts: ["p.example.com"] }],
        rules: [
          { host: "p.example.com", http: { paths: [path("kube-prometheus-stack-prometheus"), path("grafana")] } },
          { host: "l.example.com", http: { paths: [path("loki-gateway")] } },
          { host: "x.example.com", http: { paths: [path("tempo", "/tempo")] } },
          { http: { paths: [path("tempo")] } },
        ],
      },
    });
    expect(urls({ ingresses: all([ingress]) })).toEqual(["https://p.example.com", "http://l.example.com"]);
  });

  it("are reachable from outside behind a load balancer, and not at all where headless or without a port for it", () => {
    const balanced = { status: { loadBalancer: { ingress: [{ ip: "192.0.2.7" }, { hostname: "lb.example.com" }] } } };
    const services = all([
      service(
        "tempo-query-frontend",
        [
          ["grpc", 9095],
          ["http", 3200],
        ],
        balanced,
      ),
      service("alertmanager", [["web", 9093]], { spec: { clusterIP: "None", ports: [{ name: "web", port: 9093 }] } }),
      service("prometheus-server", [["grpc", 10901]]),
    ]);
    expect(urls({ services })).toEqual([
      "http://192.0.2.7:3200",
      "http://lb.example.com:3200",
      "http://tempo-query-frontend.monitoring.svc:3200",
    ]);
  });

  it("stand where there was no answer, and are told of where it is forbidden", () => {
    const missed = (status: "UNREACHABLE" | "FORBIDDEN"): Look<never> => ({ missed: { status, detail: "No." } });
    expect(detect({ services: missed("UNREACHABLE") }).proposals).toBeNull();
    const { proposals, findings } = detect({
      services: missed("FORBIDDEN"),
      routes: all([route("thanos-querier", {})]),
    });
    expect(proposals).toHaveLength(1);
    expect(findings.map(({ status }) => status)).toEqual(["FOUND", "ABSENT", "FORBIDDEN"]);
  });

  it("are bounded", () => {
    const many = Array.from({ length: 50 }, (_, index) => service("loki", [["http", 3100]], {}, `ns-${index}`));
    expect(urls({ services: all(many) })).toHaveLength(20);
  });
});

it.each<[string, string | null]>([
  ["thanos-querier", "THANOS"],
  ["observability-thanos-query-frontend", "THANOS"],
  ["prometheus-k8s", "PROMETHEUS"],
  ["monitoring-kube-prometheus-prometheus", "PROMETHEUS"],
  ["kube-prometheus-stack-prometheus", "PROMETHEUS"],
  ["release-prometheus-server", "PROMETHEUS"],
  ["prometheus-operator", null],
  ["alertmanager-main", "ALERTMANAGER"],
  ["kube-prometheus-stack-alertmanager", "ALERTMANAGER"],
  ["logging-loki-gateway-http", "LOKI"],
  ["loki-gateway", "LOKI"],
  ["loki-compactor", null],
  ["tempo-query-frontend", "TEMPO"],
  ["tempo-simplest-query-frontend", "TEMPO"],
  ["tempo-distributor", null],
  ["checkout", null],
])("%s is %s", (name, kind) => expect(endpointKindOf(name)).toBe(kind));
