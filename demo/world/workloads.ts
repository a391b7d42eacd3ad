import type { ClusterSpec } from "../catalogue.ts";

export type WorkloadKind = "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "Node";
export type Fate = "steady" | "leaking" | "crashing" | "pending" | "succeeded" | "failed" | "evicted";

/** One workload of a cluster. `cpu` in cores and `memory` in MiB are what one pod uses on average. */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly kind: WorkloadKind;
  readonly replicas: number;
  readonly cpu: number;
  readonly memory: number;
  readonly fate: Fate;
  /** Share of the daily swing in its load: user-facing 0.5, machinery 0.1. */
  readonly swing: number;
  readonly gpus: number;
  /** Parts of GPUs, or turns on one that is shared. */
  readonly gpuParts: number;
  /** Which nodes a DaemonSet or static pod runs on, and where others are placed. */
  readonly on: "any" | "control-plane" | "all" | "gpu";
  readonly labels: Readonly<Record<string, string>>;
}

type Row = readonly [
  namespace: string,
  name: string,
  kind: WorkloadKind,
  replicas: number,
  cpu: number,
  memory: number,
  more?: Partial<Pick<Workload, "fate" | "swing" | "gpus" | "gpuParts" | "on" | "labels">>,
];

const ALL = { on: "all", swing: 0.1 } as const;
const CONTROL = { on: "control-plane", swing: 0.15 } as const;

const MACHINERY: readonly Row[] = [
  ["kube-system", "coredns", "Deployment", 2, 0.05, 60, { swing: 0.3 }],
  ["kube-system", "kube-proxy", "DaemonSet", 0, 0.02, 45, ALL],
  ["kube-system", "etcd", "Node", 0, 0.25, 900, CONTROL],
  ["kube-system", "kube-apiserver", "Node", 0, 0.6, 1800, CONTROL],
  ["kube-system", "kube-controller-manager", "Node", 0, 0.1, 250, CONTROL],
];
const CENTRAL: readonly Row[] = [
  ["shop", "frontend", "Deployment", 2, 0.4, 220, { swing: 0.5 }],
  ["shop", "checkout", "Deployment", 3, 0.5, 380, { swing: 0.5 }],
  ["shop", "cart", "Deployment", 2, 0.25, 260, { swing: 0.5 }],
  ["shop", "catalog", "Deployment", 2, 0.3, 420, { swing: 0.45 }],
  ["payments", "payment-api", "Deployment", 2, 0.3, 300, { swing: 0.5 }],
  ["payments", "payment-worker", "Deployment", 1, 0.2, 180, { fate: "leaking", swing: 0.3 }],
  ["data", "orders-db", "StatefulSet", 2, 0.7, 2400, { swing: 0.4 }],
  ["data", "cache", "StatefulSet", 1, 0.15, 640, { swing: 0.4 }],
  ["messaging", "kafka", "StatefulSet", 3, 0.45, 1900, { swing: 0.35 }],
  ["batch", "report-nightly", "Job", 1, 0, 0, { fate: "succeeded" }],
  ["batch", "export-orders", "Job", 1, 0, 0, { fate: "failed" }],
];
const EDGE: readonly Row[] = [
  ["shop", "checkout", "Deployment", 1, 0.3, 300, { swing: 0.5 }],
  ["telemetry", "collector", "Deployment", 1, 0.1, 150, {}],
  ["edge-apps", "camera-gateway", "Deployment", 1, 0.5, 500, { swing: 0.4 }],
];
const CNF: readonly Row[] = [
  ["ran", "du-high", "StatefulSet", 1, 1.2, 2100, { swing: 0.3, labels: { "cnf-type": "vdu" } }],
  ["ran", "cu-cp", "StatefulSet", 1, 0.5, 900, { swing: 0.3, labels: { "cnf-type": "vcu" } }],
  ["upf-core", "upf", "StatefulSet", 1, 1.5, 3000, { swing: 0.45, labels: { "cnf-type": "upf" } }],
  ["upf-core", "amf", "StatefulSet", 1, 0.2, 400, { labels: { "cnf-type": "amf" } }],
  ["upf-core", "smf", "StatefulSet", 1, 0.05, 120, { fate: "crashing", labels: { "cnf-type": "smf" } }],
];
const MESH: readonly Row[] = [
  ["istio-system", "istiod", "Deployment", 1, 0.1, 180, {}],
  ["istio-system", "istio-ingressgateway", "Deployment", 2, 0.3, 140, { swing: 0.5 }],
];

/** The driver's pods have a label of their own, by which they are found whatever they are called. */
const DRIVER = { "app.kubernetes.io/component": "nvidia-driver" };

function gpuRows({ perNode, second }: NonNullable<ClusterSpec["gpu"]>): readonly Row[] {
  // Allocated, and left alone by whoever asked for it.
  const idle: Row = ["ai-training", "notebook", "StatefulSet", 1, 0.1, 2000, { on: "gpu", gpus: 1, swing: 0.05 }];
  const parts: Row = [
    "ai-serving",
    "embeddings",
    "Deployment",
    Math.min(6, perNode * 2),
    1,
    4000,
    { on: "gpu", gpuParts: 1, swing: 0.4 },
  ];
  return [
    ["nvidia-gpu-operator", "gpu-operator", "Deployment", 1, 0.02, 90, {}],
    [
      "nvidia-gpu-operator",
      "nvidia-driver-daemonset",
      "DaemonSet",
      0,
      0.01,
      200,
      { on: "gpu", swing: 0.1, labels: DRIVER },
    ],
    ["nvidia-gpu-operator", "nvidia-dcgm-exporter", "DaemonSet", 0, 0.05, 120, { on: "gpu", swing: 0.1 }],
    ["nvidia-gpu-operator", "nvidia-device-plugin-daemonset", "DaemonSet", 0, 0.01, 40, { on: "gpu", swing: 0.1 }],
    ["ai-serving", "llm-inference", "StatefulSet", perNode < 4 ? 1 : 2, 3, 24_000, { on: "gpu", gpus: 1, swing: 0.45 }],
    ["ai-training", "train", "StatefulSet", 1, 6, 48_000, { on: "gpu", gpus: Math.max(1, perNode / 2), swing: 0.05 }],
    ["ai-training", "tuning", "StatefulSet", 1, 4, 16_000, { on: "gpu", gpus: 8, fate: "pending" }],
    ...(perNode >= 8 ? [idle] : []),
    ...(second === undefined ? [] : [parts]),
  ];
}

function monitoring(namespace: string, edge: boolean): readonly Row[] {
  return [
    [namespace, "prometheus-k8s", "StatefulSet", edge ? 1 : 2, 0.4, edge ? 700 : 2600, { swing: 0.1 }],
    [namespace, "kube-state-metrics", "Deployment", 1, 0.02, 110, { swing: 0.1 }],
    [namespace, "node-exporter", "DaemonSet", 0, 0.02, 30, ALL],
  ];
}

/** Where a platform keeps its monitoring. */
export function monitoringNamespace(spec: ClusterSpec): string {
  return spec.platform === "KUBERNETES" ? "monitoring" : "openshift-monitoring";
}

/** The workloads of a cluster. */
export function workloadsOf(spec: ClusterSpec): readonly Workload[] {
  const edge = spec.workers === 0;
  const rows = [...MACHINERY, ...monitoring(monitoringNamespace(spec), edge), ...(edge ? EDGE : CENTRAL)];
  if (spec.cnf) rows.push(...CNF);
  if (spec.mesh) rows.push(...MESH);
  if (spec.gpu !== undefined) rows.push(...gpuRows(spec.gpu));
  return rows.map(([namespace, name, kind, replicas, cpu, memory, more]) => ({
    namespace,
    name,
    kind,
    replicas,
    cpu,
    memory,
    fate: "steady",
    swing: 0.2,
    gpus: 0,
    gpuParts: 0,
    on: "any",
    labels: {},
    ...more,
  }));
}
