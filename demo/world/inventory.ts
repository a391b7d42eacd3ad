import type { ClusterSpec, GpuMode, GpuModel } from "../catalogue.ts";
import type { Lifecycle, Period } from "./lifecycle.ts";
import { between, hashText, hex, suffix, uuid } from "./random.ts";
import type { Rhythm } from "./rhythm.ts";
import { type Fate, type Workload, type WorkloadKind, workloadsOf } from "./workloads.ts";

const DAY = 86_400;
export const MIB = 1024 * 1024;

export interface WorldNode {
  readonly name: string;
  readonly uid: string;
  readonly index: number;
  readonly controlPlane: boolean;
  readonly worker: boolean;
  readonly cpus: number;
  readonly memory: number;
  readonly ip: string;
  readonly zone: string;
  readonly life: Lifecycle;
  readonly gpu?: { readonly count: number; readonly model: GpuModel; readonly mode: GpuMode };
  readonly seed: number;
}

export interface WorldContainer {
  readonly name: string;
  readonly image: string;
  /** Cores used. */
  readonly cpu: Rhythm;
  /** Bytes used (a leaking container grows from here to its limit). */
  readonly memory: Rhythm;
  readonly cpuRequest: number;
  readonly memoryLimit: number;
}

export interface WorldPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly workload: string;
  readonly kind: WorkloadKind;
  /** Absent while it is not scheduled. */
  readonly node?: WorldNode;
  readonly ip: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly fate: Fate;
  readonly life: Lifecycle;
  readonly containers: readonly WorldContainer[];
  readonly gpus: number;
  /** Parts of GPUs, or turns on one that is shared. */
  readonly gpuParts: number;
  readonly seed: number;
  /** It exists only then. */
  readonly within?: Period;
  /** It does not exist then. */
  readonly away?: Period;
  /** Its fate while its life is ill. */
  readonly illness?: Fate;
  /** How it fails, where not as its service usually does. */
  readonly failure?: FailureText;
}

/** The type of an error and its message. */
export type FailureText = readonly [type: string, message: string];

export interface Inventory {
  readonly spec: ClusterSpec;
  readonly nodes: readonly WorldNode[];
  readonly namespaces: readonly string[];
  readonly pods: readonly WorldPod[];
}

const gpusOfNode = ({ perNode, model, second }: NonNullable<ClusterSpec["gpu"]>, place: number) => ({
  count: perNode,
  model,
  mode: (place === 1 ? second : undefined) ?? ("WHOLE" as const),
});

function buildNode(spec: ClusterSpec, index: number): WorldNode {
  const plain = spec.controlPlanes + spec.workers;
  const controlPlane = index < spec.controlPlanes;
  const gpu = index >= plain && spec.gpu !== undefined ? gpusOfNode(spec.gpu, index - plain) : undefined;
  const single = plain === 1 && spec.gpu === undefined;
  const role =
    gpu !== undefined ? `gpu-${index - plain}` : controlPlane ? `cp-${index}` : `worker-${index - spec.controlPlanes}`;
  const name = `${spec.name}-${single ? "node-0" : role}`;
  const seed = hashText(name, spec.seed);
  return {
    name,
    uid: uuid(seed, "uid"),
    index,
    controlPlane,
    worker: !controlPlane || single,
    seed,
    cpus: gpu !== undefined ? 32 : single || !controlPlane ? 8 : 4,
    memory: (gpu !== undefined ? 256 : single || !controlPlane ? 32 : 16) * 1024 * MIB,
    ip: `10.0.${hashText(spec.name) % 200}.${10 + index}`,
    zone: `${spec.region}${"abc"[index % 3]}`,
    life: { lifetime: 40 * DAY, phase: Math.floor(between(seed, "boot", 0, 40 * DAY)), restartEvery: Infinity },
    ...(gpu === undefined ? {} : { gpu }),
  };
}

function container(workload: Workload, name: string, cpu: number, memory: number, seed: number): WorldContainer {
  const rhythm = { shift: between(seed, "shift", -2, 2) * 3600, seed: hashText(name, seed) };
  const share = between(rhythm.seed, "share", 0.8, 1.2);
  return {
    name,
    image: `registry.example.com/${workload.namespace}/${name}:${1 + (hashText(name) % 4)}.${hashText(name) % 10}.0`,
    cpu: { ...rhythm, base: cpu * share, swing: workload.swing, noise: 0.25 },
    memory: { ...rhythm, base: memory * MIB * share, swing: workload.swing / 5, noise: 0.04 },
    cpuRequest: Math.max(0.01, Math.round(cpu * 100) / 100),
    memoryLimit: Math.ceil((memory * 2) / 64) * 64 * MIB,
  };
}

/** Those that are not called as their workload. */
const CONTAINERS: Readonly<Record<string, string>> = {
  "nvidia-driver-daemonset": "nvidia-driver-ctr",
  "nvidia-device-plugin-daemonset": "nvidia-device-plugin",
};

function podName(workload: Workload, replica: number, node: WorldNode | undefined, seed: number): string {
  if (workload.kind === "StatefulSet") return `${workload.name}-${replica}`;
  if (workload.kind === "Node") return `${workload.name}-${node?.name ?? ""}`;
  const tail = suffix(seed, `pod/${replica}`, 5);
  return workload.kind === "Deployment"
    ? `${workload.name}-${hex(seed, "template", 9)}-${tail}`
    : `${workload.name}-${tail}`;
}

function buildPod(spec: ClusterSpec, workload: Workload, replica: number, node: WorldNode | undefined): WorldPod {
  const family = hashText(`${workload.namespace}/${workload.name}`, spec.seed);
  const name = podName(workload, replica, node, family);
  const seed = hashText(`${workload.namespace}/${name}`, spec.seed);
  const lifetime = Math.round(between(seed, "lifetime", 5, 12) * DAY);
  const restartEvery = { leaking: 6 * 3600, crashing: 300 }[workload.fate as string] ?? Infinity;
  const main = container(workload, CONTAINERS[workload.name] ?? workload.name, workload.cpu, workload.memory, seed);
  const meshed = spec.mesh && workload.namespace === "shop";
  return {
    namespace: workload.namespace,
    name,
    uid: uuid(seed, "uid"),
    workload: workload.name,
    kind: workload.kind,
    seed,
    ...(node === undefined ? {} : { node }),
    ip: node === undefined ? "" : workload.kind === "Node" ? node.ip : `10.128.${node.index}.${20 + (seed % 220)}`,
    labels: { app: workload.name, "app.kubernetes.io/name": workload.name, ...workload.labels },
    fate: workload.fate,
    life: { lifetime, phase: Math.floor(between(seed, "created", 0, lifetime)), restartEvery },
    containers: meshed ? [main, container(workload, "istio-proxy", 0.05, 60, seed)] : [main],
    gpus: workload.gpus,
    gpuParts: workload.gpuParts,
  };
}

function placements(workload: Workload, nodes: readonly WorldNode[], next: () => number): (WorldNode | undefined)[] {
  if (workload.fate === "pending") return Array.from({ length: workload.replicas }, () => undefined);
  const eligible = nodes.filter((node) => {
    if (workload.on === "all") return true;
    if (workload.on === "control-plane") return node.controlPlane;
    if (workload.on !== "gpu") return node.worker && node.gpu === undefined;
    // Whole GPUs are where they are not given in parts, and parts nowhere else; a DaemonSet is on both.
    if (workload.gpuParts > 0) return node.gpu !== undefined && node.gpu.mode !== "WHOLE";
    return node.gpu !== undefined && (workload.gpus === 0 || node.gpu.mode === "WHOLE");
  });
  if (workload.kind === "DaemonSet" || workload.kind === "Node") return eligible;
  return Array.from({ length: workload.replicas }, () => eligible[next() % eligible.length]);
}

/** Everything that exists in a cluster: what its Kubernetes API lists and its Prometheus measures. Built once, immutable. */
export function buildInventory(spec: ClusterSpec): Inventory {
  const count = spec.controlPlanes + spec.workers + (spec.gpu?.nodes ?? 0);
  const nodes = Array.from({ length: count }, (_, index) => buildNode(spec, index));
  let placed = 0;
  const next = () => placed++;
  const pods = workloadsOf(spec).flatMap((workload) =>
    placements(workload, nodes, next).map((node, replica) => buildPod(spec, workload, replica, node)),
  );
  pods.sort((a, b) => (a.namespace < b.namespace ? -1 : a.namespace > b.namespace ? 1 : a.name < b.name ? -1 : 1));
  const namespaces = [...new Set(["default", "kube-public", ...pods.map((pod) => pod.namespace)])].sort();
  return { spec, nodes: nodes.toSorted((a, b) => (a.name < b.name ? -1 : 1)), namespaces, pods };
}

/** What nodes of a platform run beneath Kubernetes. */
export function nodeSoftware(spec: ClusterSpec): { kernel: string; runtime: string; os: string } {
  if (spec.platform === "KUBERNETES") {
    return { kernel: "6.8.0-60-generic", runtime: "containerd://1.7.27", os: "Ubuntu 24.04.2 LTS" };
  }
  const kernel = "5.14.0-427.el9.x86_64";
  const os = spec.platform === "OPENSHIFT" ? "Red Hat Enterprise Linux CoreOS 418.94" : "Red Hat Enterprise Linux 9.4";
  return { kernel, runtime: "cri-o://1.31.5", os };
}
