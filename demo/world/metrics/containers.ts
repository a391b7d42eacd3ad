import { counter, wholeCounter } from "../counter.ts";
import type { Inventory, WorldContainer, WorldPod } from "../inventory.ts";
import { restartsAt } from "../lifecycle.ts";
import { fateAt, mayRun, stateSince } from "../presence.ts";
import { hashText } from "../random.ts";
import { level } from "../rhythm.ts";
import { family, type MetricFamily } from "./family.ts";

/** The pods with live containers, hence with series of their own. */
export function runningPods(inventory: Inventory): WorldPod[] {
  return inventory.pods.filter(mayRun);
}

function cadvisor(pod: WorldPod): Record<string, string> {
  const node = pod.node?.name ?? "";
  const instance = `${pod.node?.ip ?? ""}:10250`;
  return { job: "kubelet", metrics_path: "/metrics/cadvisor", instance, node, namespace: pod.namespace, pod: pod.name };
}

/** Bytes in the container's working set: a leaking one climbs to its limit, is killed there, and begins again. */
function workingSet(pod: WorldPod, container: WorldContainer, t: number): number {
  const bytes = level(container.memory, t);
  if (fateAt(pod, t) !== "leaking" || container !== pod.containers[0]) return Math.floor(bytes);
  const filled = (t - stateSince(pod, t)) / (pod.life.ill?.every ?? pod.life.restartEvery);
  return Math.floor(Math.min(container.memoryLimit, bytes + (container.memoryLimit - bytes) * filled));
}

const oomKills = (pod: WorldPod, container: WorldContainer, t: number) =>
  container === pod.containers[0] && (pod.illness ?? pod.fate) === "leaking" ? restartsAt(pod.life, t) : 0;

/** What cAdvisor measures in the kubelets: per container CPU and memory, per pod network. */
export function containerFamilies(inventory: Inventory): MetricFamily[] {
  const pods = runningPods(inventory);
  const containers = () =>
    pods.flatMap((pod) =>
      pod.containers.map((container) => {
        const labels = { ...cadvisor(pod), container: container.name, image: container.image };
        return { pod, container, labels };
      }),
    );
  const network = (direction: string, perCore: number) =>
    pods.flatMap((pod) =>
      pod.containers.slice(0, 1).map(({ cpu }) => {
        const rhythm = { ...cpu, base: cpu.base * perCore, seed: hashText(direction, pod.seed) };
        return [{ ...cadvisor(pod), interface: "eth0" }, wholeCounter(rhythm, pod.life)] as const;
      }),
    );
  const scheduling = (name: string, help: string, perSecond: number) =>
    family(name, "counter", help, () =>
      containers().map(({ pod, container, labels }) => {
        const seed = hashText(name, container.cpu.seed);
        return [labels, counter({ base: perSecond, swing: 0, shift: 0, noise: 0.1, seed }, pod.life)];
      }),
    );
  return [
    family("container_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed in seconds.", () =>
      containers().map(({ pod, container, labels }) => [{ ...labels, cpu: "total" }, counter(container.cpu, pod.life)]),
    ),
    family("container_memory_working_set_bytes", "gauge", "Current working set in bytes.", () =>
      containers().map(({ pod, container, labels }) => [labels, (t) => workingSet(pod, container, t)]),
    ),
    family("container_spec_memory_limit_bytes", "gauge", "Memory limit for the container.", () =>
      containers().map(({ container, labels }) => [labels, () => container.memoryLimit]),
    ),
    family("container_oom_events_total", "counter", "Count of out of memory events observed for the container", () =>
      containers().map(({ pod, container, labels }) => [labels, (t) => oomKills(pod, container, t)]),
    ),
    scheduling("container_cpu_cfs_periods_total", "Number of elapsed enforcement period intervals.", 9),
    scheduling("container_cpu_cfs_throttled_periods_total", "Number of throttled period intervals.", 0.2),
    scheduling(
      "container_cpu_cfs_throttled_seconds_total",
      "Total time duration the container has been throttled.",
      0.01,
    ),
    family("container_network_receive_bytes_total", "counter", "Cumulative count of bytes received", () =>
      network("receive", 2_000_000),
    ),
    family("container_network_transmit_bytes_total", "counter", "Cumulative count of bytes transmitted", () =>
      network("transmit", 3_500_000),
    ),
  ];
}
