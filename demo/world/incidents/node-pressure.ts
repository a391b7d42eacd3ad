import { failingPod, strainedNode } from "../incidents.ts";
import type { Inventory, WorldNode, WorldPod } from "../inventory.ts";
import { startedAt } from "../lifecycle.ts";
import { mayRun } from "../presence.ts";
import { between, mix, suffix, uuid } from "../random.ts";
import { during, type Effect, every, type Happening, type IncidentAlert, type Maker, secondsOf } from "./effect.ts";

const TAINT = { key: "node.kubernetes.io/memory-pressure", effect: "NoSchedule" };
/** The kubelet evicts a pod and looks again after so many seconds. */
const EVICTION_SECONDS = 30;
const EVICTED = 2;
/** What is left of the memory. */
const LEFT = 0.02;

const movable = (pod: WorldPod) => pod.kind === "Deployment" && pod.fate === "steady" && pod.gpus + pod.gpuParts === 0;

/** The node with most that can be evicted, and where that can go. */
function place(
  inventory: Inventory,
): { node: WorldNode; victims: WorldPod[]; other: WorldNode | undefined } | undefined {
  const strained = strainedNode(inventory);
  const failing = failingPod(inventory);
  const workers = inventory.nodes.filter(({ worker, gpu }) => worker && gpu === undefined);
  const [first] = workers
    .filter((node) => node !== strained || workers.length === 1)
    .map((node) => ({
      node,
      pods: inventory.pods.filter((pod) => pod.node === node && pod !== failing && movable(pod)),
    }))
    .sort((a, b) => b.pods.length - a.pods.length);
  if (first === undefined) return undefined;
  const { node, pods } = first;
  return { node, victims: pods.slice(-EVICTED), other: workers.find((each) => each !== node && each !== strained) };
}

function replacement(pod: WorldPod, other: WorldNode | undefined, from: number, to: number): WorldPod {
  const { node: _, ...rest } = pod;
  const name = `${pod.name.slice(0, pod.name.lastIndexOf("-"))}-${suffix(pod.seed, `replacement/${from}`, 5)}`;
  return {
    ...rest,
    name,
    uid: uuid(mix(pod.seed, from), "uid"),
    life: { lifetime: 1e9, phase: from, restartEvery: Infinity },
    within: { from, to },
    ...(other === undefined
      ? { ip: "", fate: "pending" }
      : { node: other, ip: `10.128.${other.index}.${250 - (pod.seed % 20)}` }),
  };
}

/** A node that runs out of memory: its kubelet says so, takes no more pods, and evicts some. */
export const nodePressure: Maker = ({ inventory, period }): Effect | undefined => {
  const found = place(inventory);
  if (found === undefined) return undefined;
  const { node, victims, other } = found;
  const { from, to } = period;
  const evictedAt = (i: number) => from + EVICTION_SECONDS * (i + 1);
  const evicted = new Map(victims.map(({ name }, i) => [name, { from: evictedAt(i), to, every: Infinity }]));
  const replacements = victims.map((pod, i) => replacement(pod, other, evictedAt(i) + 1, to));
  const on = (t: number) => t >= from && t < to;
  const here = (pod: WorldPod) => pod.node?.name === node.name && mayRun(pod);
  const subject = { kind: "Node", name: node.name, uid: node.name };
  const kubelet = { component: "kubelet", host: node.name };
  const labels = { job: "node-exporter", instance: `${node.ip}:9100`, node: node.name };
  const named = ({ namespace, name }: WorldPod) => ({ namespace, pod: name });
  const pending: IncidentAlert = {
    name: "KubePodNotReady",
    subjects:
      other === undefined ? replacements.map((pod, i) => during(period, evictedAt(i) + 1 - from, named(pod))) : [],
  };
  return {
    cause: { kind: "NODE", namespace: null, name: node.name },
    alerts: [
      { name: "KubeNodePressure", subjects: [during(period, 0, { node: node.name, condition: "MemoryPressure" })] },
      { name: "NodeMemoryPressure", subjects: [during(period, 0, labels, 1 - LEFT)] },
      { name: "KubeJobFailed", subjects: victims.map((pod, i) => during(period, evictedAt(i) - from, named(pod))) },
      pending,
    ],
    pods: (pods) => [
      ...pods.map((pod): WorldPod => {
        const ill = evicted.get(pod.name);
        return ill === undefined ? pod : { ...pod, illness: "evicted", life: { ...pod.life, ill } };
      }),
      ...replacements,
    ],
    bend: (metric, { node: of, condition, status }, at) => {
      if (of !== node.name) return undefined;
      const value = (t: number) => at(t) ?? 0;
      const seconds = (t: number) => secondsOf(period, startedAt(node.life, t), t);
      switch (metric) {
        case "node_memory_MemAvailable_bytes":
          return (t) => (on(t) ? Math.floor(LEFT * node.memory * (1 + 0.2 * Math.sin(t / 300))) : at(t));
        case "node_vmstat_pgmajfault":
          return (t) => Math.floor(value(t) + 900 * seconds(t));
        case "node_pressure_memory_waiting_seconds_total":
          return (t) => value(t) + 0.4 * seconds(t);
        case "kube_node_status_condition":
          return condition === "MemoryPressure" ? (t) => (on(t) ? Number(status === "true") : at(t)) : undefined;
        default:
          return undefined;
      }
    },
    series: (metric) =>
      metric === "kube_node_spec_taint"
        ? [
            {
              labels: { __name__: metric, job: "kube-state-metrics", node: node.name, ...TAINT },
              at: (t) => (on(t) ? 1 : undefined),
            },
          ]
        : [],
    traffic: (pod) => (here(pod) && !victims.some(({ name }) => name === pod.name) ? { slow: 0.15 } : undefined),
    influence: (pod, _t, seed) =>
      here(pod) ? { work: Math.round(between(seed, "swapping", 0.05, 0.25) * 1e6) } : undefined,
    journal: (each, unit, stretch) =>
      unit === "kubelet.service" && each.name === node.name
        ? every(10, period, stretch, (_t, i) => ({
            seed: mix(node.seed, i),
            level: "warn",
            message: "Eviction manager: attempting to reclaim",
            fields: { resourceName: "memory" },
          }))
        : [],
    happenings: [
      {
        subject,
        type: "Warning",
        reason: "EvictionThresholdMet",
        message: "Attempting to reclaim memory",
        ...kubelet,
        at: from,
        until: to,
      },
      {
        subject,
        type: "Normal",
        reason: "NodeHasInsufficientMemory",
        message: `Node ${node.name} status is now: NodeHasInsufficientMemory`,
        ...kubelet,
        at: from,
      },
      ...victims.map(
        (pod, i): Happening => ({
          subject: { kind: "Pod", namespace: pod.namespace, name: pod.name, uid: pod.uid },
          type: "Warning",
          reason: "Evicted",
          message: "The node was low on resource: memory. Threshold quantity: 100Mi, available: 54228Ki.",
          ...kubelet,
          at: evictedAt(i),
        }),
      ),
    ],
    pressure: (each, t) => (each.name === node.name && on(t) ? from : undefined),
  };
};
