import { EPOCH } from "../world/lifecycle.ts";
import { hashText, uuid } from "../world/random.ts";
import { monitoringNamespace } from "../world/workloads.ts";
import type { World } from "../world/world.ts";
import { type KubernetesObject, objectMetadata } from "./metadata.ts";

interface Service {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  readonly portName: string;
}

/** As the operators and charts of each platform name them, sorted. */
function servicesOf({ spec }: World): readonly Service[] {
  const namespace = monitoringNamespace(spec);
  const rows: readonly (readonly [name: string, port: number, portName: string])[] = {
    OPENSHIFT: [
      ["alertmanager-main", 9094, "web"],
      ["prometheus-k8s", 9091, "web"],
      ["thanos-querier", 9091, "web"],
    ] as const,
    MICROSHIFT: [["prometheus-k8s", 9091, "web"]] as const,
    KUBERNETES: [
      ["kube-prometheus-stack-alertmanager", 9093, "http-web"],
      ["kube-prometheus-stack-prometheus", 9090, "http-web"],
      ["loki-gateway", 80, "http"],
      ["tempo-query-frontend", 3200, "http"],
    ] as const,
  }[spec.platform];
  return [
    { namespace: "default", name: "kubernetes", port: 443, portName: "https" },
    ...rows.map(([name, port, portName]) => ({ namespace, name, port, portName })),
  ];
}

function meta({ spec }: World, kind: string, namespace: string, name: string, labels: Record<string, string> = {}) {
  return { ...objectMetadata(uuid(spec.seed, `${kind}/${namespace}/${name}`), name, EPOCH, labels), namespace };
}

export const serviceObjects = (world: World): KubernetesObject[] =>
  servicesOf(world).map(({ namespace, name, port, portName }) => {
    const clusterIP = `10.96.${hashText(name, world.spec.seed) % 250}.${1 + (hashText(namespace, name.length) % 250)}`;
    return {
      metadata: meta(world, "service", namespace, name, { "app.kubernetes.io/name": name }),
      spec: {
        ports: [{ name: portName, protocol: "TCP", port, targetPort: port }],
        selector: { "app.kubernetes.io/name": name },
        clusterIP,
        clusterIPs: [clusterIP],
        type: "ClusterIP",
        sessionAffinity: "None",
        ipFamilies: ["IPv4"],
        ipFamilyPolicy: "SingleStack",
        internalTrafficPolicy: "Cluster",
      },
      status: { loadBalancer: {} },
    };
  });

/** OpenShift's monitoring as its cluster monitoring operator shows it outside. */
export function routeObjects(world: World): KubernetesObject[] {
  const { spec } = world;
  if (spec.platform !== "OPENSHIFT") return [];
  const rows = [
    ["alertmanager-main", "alertmanager-main", "/api"],
    ["prometheus-k8s", "prometheus-k8s", "/api"],
    ["prometheus-k8s-federate", "prometheus-k8s", "/federate"],
    ["thanos-querier", "thanos-querier", "/api"],
  ] as const;
  return rows.map(([name, service, path]) => ({
    metadata: meta(world, "route", "openshift-monitoring", name),
    spec: {
      host: `${name}-openshift-monitoring.apps.${spec.name}.example.com`,
      path,
      to: { kind: "Service", name: service, weight: 100 },
      port: { targetPort: "web" },
      tls: { termination: "reencrypt", insecureEdgeTerminationPolicy: "Redirect" },
      wildcardPolicy: "None",
    },
  }));
}

/** A chart's Ingress, where there are no routes. */
export function ingressObjects(world: World): KubernetesObject[] {
  const { spec } = world;
  if (spec.platform !== "KUBERNETES") return [];
  const host = `prometheus.${spec.name}.example.com`;
  const service = { name: "kube-prometheus-stack-prometheus", port: { number: 9090 } };
  return [
    {
      metadata: meta(world, "ingress", monitoringNamespace(spec), "kube-prometheus-stack-prometheus"),
      spec: {
        ingressClassName: "nginx",
        tls: [{ hosts: [host], secretName: "prometheus-tls" }],
        rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend: { service } }] } }],
      },
      status: { loadBalancer: {} },
    },
  ];
}
