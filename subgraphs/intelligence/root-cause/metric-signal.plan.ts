import { escapePattern } from "../../shared/kernel/escapes.ts";
import type { Place } from "./place.mapper.ts";

export type Subject = "POD" | "NODE" | "GPU" | "CERTIFICATE";

/** A question about a resource, and how its series are read. */
export interface MetricQuestion {
  metric: string;
  about: Subject;
  polarity: "UP" | "DOWN";
  limit: number | null;
  /** A difference that matters. */
  floor: number;
  /** PromQL, with what is asked about as matchers. */
  query: (matchers: string) => string;
}

const container = (name: string): ((matchers: string) => string) => {
  return (matchers) => `${name}{${matchers},container!=""}`;
};
const byPod = "sum by (namespace, pod)";
const MEBIBYTE = 1024 ** 2;

/** What is a resource of its own. Requests and bytes received are not: they tell of others. */
export const METRIC_QUESTIONS: readonly MetricQuestion[] = [
  {
    metric: "cpu",
    about: "POD",
    polarity: "UP",
    limit: null,
    floor: 0.1,
    query: (m) => `${byPod} (rate(${container("container_cpu_usage_seconds_total")(m)}[3m]))`,
  },
  {
    metric: "memory",
    about: "POD",
    polarity: "UP",
    limit: null,
    floor: 50 * MEBIBYTE,
    query: (m) => `${byPod} (${container("container_memory_working_set_bytes")(m)})`,
  },
  {
    metric: "cpu throttling",
    about: "POD",
    polarity: "UP",
    limit: null,
    floor: 0.1,
    query: (m) =>
      `${byPod} (rate(container_cpu_cfs_throttled_periods_total{${m}}[3m])) / ${byPod} (rate(container_cpu_cfs_periods_total{${m}}[3m]))`,
  },
  {
    metric: "restarts",
    about: "POD",
    polarity: "UP",
    limit: null,
    floor: 0.5,
    query: (m) => `${byPod} (increase(kube_pod_container_status_restarts_total{${m}}[5m]))`,
  },
  {
    metric: "containers that cannot start",
    about: "POD",
    polarity: "UP",
    limit: null,
    floor: 0.1,
    query: (m) =>
      `${byPod} (kube_pod_container_status_waiting_reason{${m},reason=~"CrashLoopBackOff|ImagePullBackOff|ErrImagePull|CreateContainerConfigError"})`,
  },
  {
    metric: "out of memory kills",
    about: "POD",
    polarity: "UP",
    limit: null,
    floor: 0.2,
    query: (m) => `${byPod} (increase(container_oom_events_total{${m},container!=""}[5m]))`,
  },
  {
    // As of pods, and in their units: who takes what a node is short of is seen by it.
    metric: "cpu",
    about: "NODE",
    polarity: "UP",
    limit: null,
    floor: 0.5,
    query: (m) => `sum by (instance, node) (rate(node_cpu_seconds_total{${m},mode!~"idle|iowait|steal"}[3m]))`,
  },
  {
    metric: "memory",
    about: "NODE",
    polarity: "UP",
    limit: null,
    floor: 512 * MEBIBYTE,
    query: (m) => `node_memory_MemTotal_bytes{${m}} - node_memory_MemAvailable_bytes{${m}}`,
  },
  ...["cpu", "memory", "io"].map(
    (resource): MetricQuestion => ({
      metric: `waiting for ${resource}`,
      about: "NODE",
      polarity: "UP",
      limit: null,
      floor: 0.05,
      query: (m) => `rate(node_pressure_${resource}_waiting_seconds_total{${m}}[3m])`,
    }),
  ),
  {
    metric: "disk",
    about: "NODE",
    polarity: "UP",
    limit: null,
    floor: 0.03,
    query: (m) =>
      `1 - min by (instance, node) (node_filesystem_avail_bytes{${m},fstype!~"tmpfs|overlay|squashfs"} / node_filesystem_size_bytes{${m},fstype!~"tmpfs|overlay|squashfs"})`,
  },
  {
    metric: "pressure",
    about: "NODE",
    polarity: "UP",
    limit: 1,
    floor: 0.1,
    query: (m) => `max by (node, condition) (kube_node_status_condition{${m},condition!="Ready",status="true"})`,
  },
  {
    metric: "not ready",
    about: "NODE",
    polarity: "UP",
    limit: 1,
    floor: 0.1,
    query: (m) => `max by (node) (kube_node_status_condition{${m},condition="Ready",status=~"false|unknown"})`,
  },
  gpu("gpu xid", "DCGM_FI_DEV_XID_ERRORS", 5),
  gpu("gpu uncorrectable memory errors", "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", 0.5),
  gpu("gpu remapped rows", "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", 0.5),
  gpu("gpu temperature", "DCGM_FI_DEV_GPU_TEMP", 3),
  certificate("certmanager_certificate_expiration_timestamp_seconds", "namespace, name"),
  certificate("x509_cert_not_after", "secret_namespace, secret_name"),
  {
    metric: "certificate not ready",
    about: "CERTIFICATE",
    polarity: "UP",
    limit: 1,
    floor: 0.1,
    query: (m) =>
      `max by (namespace, name) (certmanager_certificate_ready_status{${m ? `${m},` : ""}condition!="True"})`,
  },
];

function gpu(metric: string, name: string, floor: number): MetricQuestion {
  const by = "UUID, gpu_uuid, Hostname, hostname, node, exported_namespace, exported_pod, namespace, pod";
  return { metric, about: "GPU", polarity: "UP", limit: null, floor, query: (m) => `max by (${by}) (${name}{${m}})` };
}

function certificate(name: string, by: string): MetricQuestion {
  return {
    metric: "certificate seconds left",
    about: "CERTIFICATE",
    polarity: "DOWN",
    limit: 0,
    floor: 3600,
    // Only what may run out soon: a fleet has many certificates, and most have months.
    query: (m) => `min by (${by}) (${name}{${m}}) - time() < 604800`,
  };
}

/** Pods that are named one by one; more are left to their namespaces. */
const MOST_NAMED = 150;
const MOST_NODES = 30;

const oneOf = (values: Iterable<string>): string =>
  JSON.stringify([...new Set(values)].map(escapePattern).sort().join("|"));

export interface Scope {
  namespaces: ReadonlySet<string>;
  nodes: ReadonlySet<string>;
}

/** The question as it is asked of a scope: of the pods in its namespaces and of those on its nodes. Null where it is about nothing there. */
export function promqlOf({ about, metric, query }: MetricQuestion, place: Place, scope: Scope): string | null {
  const matchers = { POD: podMatchers, NODE: nodeMatchers, GPU: () => [""], CERTIFICATE: () => [""] }[about](
    place,
    scope,
    metric,
  );
  return matchers.length > 0 ? matchers.map(query).join(" or ") : null;
}

function podMatchers(place: Place, { namespaces, nodes }: Scope): string[] {
  const neighbours = [...place.pods.values()]
    .filter(({ namespace, nodeName }) => !namespaces.has(namespace) && nodeName !== null && nodes.has(nodeName))
    .slice(0, MOST_NAMED);
  const [where, who] = [neighbours.map(({ namespace }) => namespace), neighbours.map(({ name }) => name)];
  return [
    ...(namespaces.size > 0 ? [`namespace=~${oneOf(namespaces)}`] : []),
    ...(neighbours.length > 0 ? [`namespace=~${oneOf(where)},pod=~${oneOf(who)}`] : []),
  ];
}

/** Exporters on nodes call a node by its name or its address; those that know Kubernetes by its name. */
function nodeMatchers(place: Place, { nodes }: Scope, metric: string): string[] {
  const names = [...nodes].slice(0, MOST_NODES);
  if (names.length === 0) return [];
  if (metric === "pressure" || metric === "not ready") return [`node=~${oneOf(names)}`];
  const hosts = names.flatMap((name) => [name, ...(place.nodes.get(name)?.addresses ?? [])]);
  return [`instance=~${JSON.stringify(`(${hosts.map(escapePattern).join("|")})(:[0-9]+)?`)}`];
}
