import { gpuCapacity, gpuRequest } from "../gpus.ts";
import { type Inventory, nodeSoftware, type WorldNode, type WorldPod } from "../inventory.ts";
import { createdAt, restartsAt } from "../lifecycle.ts";
import { fateAt } from "../presence.ts";
import { deploymentFamilies } from "./deployments.ts";
import { family, type MetricFamily } from "./family.ts";
import { podStateFamilies } from "./pod-state.ts";

/** The pod's phase as Kubernetes reports it at a unix second. */
export function podPhase(pod: WorldPod, t: number): "Running" | "Pending" | "Succeeded" | "Failed" {
  const fate = fateAt(pod, t);
  if (fate === "pending") return "Pending";
  if (fate === "succeeded") return "Succeeded";
  return fate === "failed" || fate === "evicted" ? "Failed" : "Running";
}

const PHASES = ["Failed", "Pending", "Running", "Succeeded", "Unknown"] as const;

/** What kube-state-metrics tells about pods and nodes. */
export function kubeStateFamilies(inventory: Inventory): MetricFamily[] {
  const { pods, nodes, spec } = inventory;
  const software = nodeSoftware(spec);
  const exporter = pods.find((pod) => pod.workload === "kube-state-metrics");
  const base = { job: "kube-state-metrics", instance: `${exporter?.ip ?? ""}:8443` };
  const ofPod = (pod: WorldPod) => ({ ...base, namespace: pod.namespace, pod: pod.name, uid: pod.uid });
  const containers = () =>
    pods.flatMap((pod) =>
      pod.containers.map((container) => ({ pod, container, labels: { ...ofPod(pod), container: container.name } })),
    );
  // As kube-state-metrics writes the names of resources.
  const ofGpus = (resources: Readonly<Record<string, number>>) =>
    Object.entries(resources).map(([name, count]) => ({
      labels: { resource: name.replace(/[^a-z0-9]/gi, "_"), unit: "integer" },
      at: () => count,
    }));
  const offered = (node: WorldNode) =>
    ofGpus(gpuCapacity(node, inventory)).map(
      ({ labels, at }) => [{ ...base, node: node.name, ...labels }, at] as const,
    );
  const scheduled = pods.filter((pod) => pod.node !== undefined);
  return [
    ...podStateFamilies(inventory, ofPod),
    ...deploymentFamilies(inventory, base),
    family("kube_pod_info", "gauge", "Information about pod.", () =>
      pods.map((pod) => [
        {
          ...ofPod(pod),
          node: pod.node?.name ?? "",
          host_ip: pod.node?.ip ?? "",
          pod_ip: pod.ip,
          created_by_kind: pod.kind === "Deployment" ? "ReplicaSet" : pod.kind,
          created_by_name: pod.workload,
          host_network: String(pod.kind === "Node"),
        },
        () => 1,
      ]),
    ),
    family("kube_pod_status_phase", "gauge", "The pods current phase.", () =>
      pods.flatMap((pod) =>
        PHASES.map((phase) => [{ ...ofPod(pod), phase }, (t: number) => (phase === podPhase(pod, t) ? 1 : 0)] as const),
      ),
    ),
    family("kube_pod_start_time", "gauge", "Start time in unix timestamp for a pod.", () =>
      scheduled.map((pod) => [ofPod(pod), (t) => createdAt(pod.life, t)]),
    ),
    family(
      "kube_pod_container_status_restarts_total",
      "counter",
      "The number of container restarts per container.",
      () =>
        containers()
          .filter(({ pod }) => pod.node !== undefined)
          .map(({ pod, container, labels }) => [
            labels,
            (t) => (container === pod.containers[0] ? restartsAt(pod.life, t) : 0),
          ]),
    ),
    family(
      "kube_pod_container_resource_requests",
      "gauge",
      "The number of requested request resource by a container.",
      () =>
        containers().flatMap(({ pod, container, labels }) => [
          [
            { ...labels, node: pod.node?.name ?? "", resource: "cpu", unit: "core" },
            () => container.cpuRequest,
          ] as const,
          ...(spec.gpu?.dra === true ? [] : ofGpus(gpuRequest(pod))).map(
            (gpu) => [{ ...labels, node: pod.node?.name ?? "", ...gpu.labels }, gpu.at] as const,
          ),
        ]),
    ),
    family(
      "kube_pod_container_resource_limits",
      "gauge",
      "The number of requested limit resource by a container.",
      () =>
        containers().map(({ pod, container, labels }) => [
          { ...labels, node: pod.node?.name ?? "", resource: "memory", unit: "byte" },
          () => container.memoryLimit,
        ]),
    ),
    family("kube_node_info", "gauge", "Information about a cluster node.", () =>
      nodes.map((node) => [
        {
          ...base,
          node: node.name,
          internal_ip: node.ip,
          kubelet_version: `v${spec.kubernetesVersion}`,
          kernel_version: software.kernel,
          container_runtime_version: software.runtime,
          os_image: software.os,
        },
        () => 1,
      ]),
    ),
    family("kube_node_status_condition", "gauge", "The condition of a cluster node.", () =>
      nodes.flatMap((node) =>
        ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"].flatMap((condition) =>
          ["true", "false", "unknown"].map((status) => {
            const usual = condition === "Ready" ? "true" : "false";
            return [{ ...base, node: node.name, condition, status }, () => (status === usual ? 1 : 0)] as const;
          }),
        ),
      ),
    ),
    family("kube_node_status_capacity", "gauge", "The capacity for different resources of a node.", () =>
      nodes.flatMap((node) => [
        [{ ...base, node: node.name, resource: "cpu", unit: "core" }, () => node.cpus] as const,
        [{ ...base, node: node.name, resource: "memory", unit: "byte" }, () => node.memory] as const,
        ...offered(node),
      ]),
    ),
    family(
      "kube_node_status_allocatable",
      "gauge",
      "The allocatable for different resources of a node that are available for scheduling.",
      () =>
        nodes.flatMap((node) => [
          [{ ...base, node: node.name, resource: "cpu", unit: "core" }, () => node.cpus - 0.5] as const,
          [{ ...base, node: node.name, resource: "memory", unit: "byte" }, () => node.memory] as const,
          ...offered(node),
        ]),
    ),
  ];
}
