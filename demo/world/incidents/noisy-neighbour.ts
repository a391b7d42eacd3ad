import type { WorldNode, WorldPod } from "../inventory.ts";
import { type Period, startedAt } from "../lifecycle.ts";
import { cpuModes } from "../metrics/nodes.ts";
import { mayRun } from "../presence.ts";
import { between, mix, suffix, unit, uuid } from "../random.ts";
import { type At, during, type Effect, every, growth, type Labels, type Maker, secondsOf } from "./effect.ts";
import { callersOf, firstOf } from "./services.ts";

const WORKLOAD = "features-backfill";
/** Of what the node leaves idle the batch pod takes so much. */
const TAKEN = 0.92;
const THROTTLED = 0.6;
/** As long as it takes until a quarter of the last five minutes was throttled. */
const NOTICED = 150;

/** What a mode of a CPU counts when the batch pod uses most of what the others leave. */
function taken(node: WorldNode, { cpu, mode }: Labels, usual: (t: number) => number, period: Period): At | undefined {
  const sign = { user: 1, idle: -1 }[mode ?? ""];
  const idle = new Map(cpuModes(node, Number(cpu))).get("idle");
  if (sign === undefined || idle === undefined) return undefined;
  return (t) => usual(t) + sign * TAKEN * growth(idle, period, startedAt(node.life, t), t);
}

/** A batch pod without a limit that takes its node's CPU from the pods beside it. */
export const noisyNeighbour: Maker = ({ inventory, period }): Effect | undefined => {
  const { spec, pods: usual, namespaces } = inventory;
  const victim = firstOf(inventory, "cart", "camera-gateway")?.at(-1);
  const node = victim?.node;
  const [like] = usual;
  if (node === undefined || like === undefined) return undefined;
  const namespace = namespaces.includes("batch") ? "batch" : "edge-apps";
  const name = `${WORKLOAD}-${suffix(spec.seed, `batch/${period.from}`, 5)}`;
  const still = { swing: 0, shift: 0, noise: 0.04, seed: mix(spec.seed, 77) };
  const batch: WorldPod = {
    namespace,
    name,
    uid: uuid(spec.seed, `batch/${period.from}`),
    workload: WORKLOAD,
    kind: "Job",
    node,
    ip: `10.128.${node.index}.251`,
    labels: { app: WORKLOAD, "app.kubernetes.io/name": WORKLOAD, "batch.kubernetes.io/job-name": WORKLOAD },
    fate: "steady",
    life: { lifetime: 1e9, phase: period.from, restartEvery: Infinity },
    containers: [
      {
        name: WORKLOAD,
        image: `registry.example.com/${namespace}/${WORKLOAD}:3.1.0`,
        cpu: { ...still, base: node.cpus * 0.6 },
        memory: { ...still, base: 1.4e9 },
        cpuRequest: 0.1,
        memoryLimit: 4 * 1024 ** 3,
      },
    ],
    gpus: 0,
    gpuParts: 0,
    seed: mix(spec.seed, 78),
    within: period,
  };
  const beside = usual.filter(
    (pod) => pod.node === node && mayRun(pod) && (pod.kind === "Deployment" || pod.kind === "StatefulSet"),
  );
  const names = new Set(beside.map((pod) => `${pod.namespace}/${pod.name}/${pod.containers[0]?.name}`));
  const serving = new Set(
    beside.filter((pod) => pod.namespace === "shop" || pod.namespace === "payments").map((pod) => pod.name),
  );
  const callers = new Set([...beside].flatMap((pod) => (serving.has(pod.name) ? [...callersOf(pod.workload)] : [])));
  const throttled = ({ namespace: of, pod, container }: Labels) => names.has(`${of}/${pod}/${container}`);
  const lifeOf = (pod: string | undefined) => beside.find((each) => each.name === pod)?.life ?? node.life;
  return {
    cause: { kind: "POD", namespace, name },
    alerts: [
      {
        name: "CPUThrottlingHigh",
        subjects: beside.map((pod) =>
          during(
            period,
            NOTICED,
            { namespace: pod.namespace, pod: pod.name, container: pod.containers[0]?.name ?? "" },
            THROTTLED,
          ),
        ),
      },
    ],
    pods: (pods) => [...pods, batch],
    bend: (metric, labels, at) => {
      const value = (t: number) => at(t) ?? 0;
      const began = (t: number) => startedAt(lifeOf(labels["pod"]), t);
      const seconds = (t: number) => secondsOf(period, began(t), t);
      if (metric === "container_cpu_cfs_throttled_periods_total" && throttled(labels)) {
        return (t) => value(t) + THROTTLED * 9 * seconds(t);
      }
      if (metric === "container_cpu_cfs_throttled_seconds_total" && throttled(labels))
        return (t) => value(t) + 0.3 * seconds(t);
      if (labels["node"] !== node.name) return undefined;
      if (metric === "node_cpu_seconds_total") return taken(node, labels, value, period);
      if (metric === "node_load1")
        return (t) => value(t) + (secondsOf(period, 0, t) > 0 && t < period.to ? node.cpus * 1.6 : 0);
      if (metric === "node_pressure_cpu_waiting_seconds_total") return (t) => value(t) + 0.55 * seconds(t);
      return undefined;
    },
    traffic: (pod) => (serving.has(pod.name) ? { slow: 0.35 } : callers.has(pod.workload) ? { slow: 0.12 } : undefined),
    influence: (pod, _t, seed) =>
      serving.has(pod.name) ? { work: Math.round(between(seed, "throttled", 0.2, 0.9) * 1e6) } : undefined,
    lines: (pod, stretch) => {
      if (pod.name === name) {
        return every(10, period, stretch, (_t, i) => ({
          seed: mix(batch.seed, i),
          level: "info",
          message: "partition processed",
          fields: { partition: i, rows: 10_000 + (mix(batch.seed, i) % 90_000), workers: node.cpus },
        }));
      }
      if (!serving.has(pod.name)) return [];
      return every(15, period, stretch, (_t, i) => ({
        seed: mix(pod.seed, i),
        level: "warn",
        message: "request queue is growing",
        fields: { depth: 20 + Math.floor(200 * unit(pod.seed, i)), workers: 4 },
      }));
    },
    happenings: [
      {
        subject: {
          kind: "Job",
          apiVersion: "batch/v1",
          namespace,
          name: WORKLOAD,
          uid: uuid(spec.seed, `job/${period.from}`),
        },
        type: "Normal",
        reason: "SuccessfulCreate",
        message: `Created pod: ${name}`,
        component: "job-controller",
        at: period.from,
      },
    ],
  };
};
