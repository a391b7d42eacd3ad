import { GPU_MODELS, gpuCapacity, REPLICAS } from "../world/gpus.ts";
import { type Inventory, MIB, nodeSoftware, type WorldNode } from "../world/inventory.ts";
import { createdAt } from "../world/lifecycle.ts";
import { hex } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { type KubernetesObject, objectMetadata, timestamp } from "./metadata.ts";

function labelsOf(node: WorldNode, inventory: Inventory): Record<string, string> {
  const labels: Record<string, string> = {
    "beta.kubernetes.io/arch": "amd64",
    "kubernetes.io/arch": "amd64",
    "kubernetes.io/os": "linux",
    "kubernetes.io/hostname": node.name,
    "topology.kubernetes.io/region": inventory.spec.region,
    "topology.kubernetes.io/zone": node.zone,
  };
  if (node.controlPlane) {
    labels["node-role.kubernetes.io/control-plane"] = "";
    labels["node-role.kubernetes.io/master"] = "";
  }
  if (node.worker) labels["node-role.kubernetes.io/worker"] = "";
  if (inventory.spec.platform === "OPENSHIFT") labels["node.openshift.io/os_id"] = "rhel";
  if (node.gpu === undefined) return labels;
  const { count, model, mode } = node.gpu;
  const shared = mode === "TIME_SLICED";
  const facts = GPU_MODELS[model];
  const [major = "", minor = ""] = facts.compute.split(".");
  return {
    ...labels,
    "feature.node.kubernetes.io/pci-10de.present": "true",
    "nvidia.com/cuda.driver-version.full": "570.124.06",
    "nvidia.com/cuda.driver.major": "570",
    "nvidia.com/cuda.runtime.major": "12",
    "nvidia.com/cuda.runtime.minor": "8",
    "nvidia.com/gpu.compute.major": major,
    "nvidia.com/gpu.compute.minor": minor,
    "nvidia.com/gpu.count": String(count),
    "nvidia.com/gpu.family": facts.family,
    "nvidia.com/gpu.memory": String(facts.memory),
    "nvidia.com/gpu.mode": "compute",
    "nvidia.com/gpu.present": "true",
    "nvidia.com/gpu.product": `${facts.label}${shared ? "-SHARED" : ""}`,
    "nvidia.com/gpu.replicas": String(shared ? REPLICAS : 1),
    "nvidia.com/gpu.sharing-strategy": shared ? "time-slicing" : "none",
    "nvidia.com/mig.capable": String(facts.family !== "ada-lovelace"),
    "nvidia.com/mig.strategy": mode === "MIG" ? "mixed" : "single",
    ...(mode === "MIG" ? { "nvidia.com/mig.config": "all-3g.40gb" } : {}),
  };
}

/** `pressed`: since when it is short of memory. */
function conditions(node: WorldNode, now: number, pressed: number | undefined): object[] {
  // As often as a kubelet tells the same again; its lease, which shows that it lives, is another object.
  const lastHeartbeatTime = timestamp(Math.floor(now / 300) * 300);
  const lastTransitionTime = timestamp(createdAt(node.life, now) + 60);
  return [
    pressed === undefined
      ? ["MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"]
      : ["MemoryPressure", "True", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available"],
    ["DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
    ["PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"],
    ["Ready", "True", "KubeletReady", "kubelet is posting ready status"],
  ].map(([type, status, reason, message]) => ({
    type,
    status,
    lastHeartbeatTime,
    lastTransitionTime: type === "MemoryPressure" && pressed !== undefined ? timestamp(pressed) : lastTransitionTime,
    reason,
    message,
  }));
}

const quantities = (resources: Readonly<Record<string, number>>): Record<string, string> =>
  Object.fromEntries(Object.entries(resources).map(([name, count]) => [name, String(count)]));

/** A node as the API server tells it, without kind and apiVersion. `now` in unix seconds. */
export function nodeObject(node: WorldNode, { inventory, incidents }: World, now: number): KubernetesObject {
  const { spec } = inventory;
  const pressed = incidents.pressedSince(node, now);
  const software = nodeSoftware(spec);
  const capacity: Record<string, string> = {
    cpu: String(node.cpus),
    "ephemeral-storage": "251658240Ki",
    "hugepages-1Gi": "0",
    "hugepages-2Mi": "0",
    memory: `${node.memory / MIB}Mi`,
    ...quantities(gpuCapacity(node, inventory)),
    ...(spec.cnf ? { "openshift.io/sriov_fronthaul": "8" } : {}),
    pods: "250",
  };
  const podCIDR = `10.128.${node.index}.0/24`;
  const taints = [
    ...(node.controlPlane && !node.worker ? [{ key: "node-role.kubernetes.io/master", effect: "NoSchedule" }] : []),
    ...(node.gpu === undefined ? [] : [{ key: "nvidia.com/gpu", value: "present", effect: "NoSchedule" }]),
    ...(pressed === undefined
      ? []
      : [{ key: "node.kubernetes.io/memory-pressure", effect: "NoSchedule", timeAdded: timestamp(pressed) }]),
  ];
  const kubelet = `v${spec.kubernetesVersion}`;
  return {
    metadata: {
      ...objectMetadata(node.uid, node.name, createdAt(node.life, now), labelsOf(node, inventory)),
      annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
    },
    spec: {
      podCIDR,
      podCIDRs: [podCIDR],
      providerID: `demo:///${spec.region}/${node.name}`,
      ...(taints.length === 0 ? {} : { taints }),
    },
    status: {
      capacity,
      allocatable: { ...capacity, cpu: `${node.cpus * 1000 - 500}m` },
      conditions: conditions(node, now, pressed),
      addresses: [
        { type: "InternalIP", address: node.ip },
        { type: "Hostname", address: node.name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        machineID: hex(node.seed, "machine", 32),
        systemUUID: node.uid,
        bootID: node.uid,
        kernelVersion: software.kernel,
        osImage: software.os,
        containerRuntimeVersion: software.runtime,
        kubeletVersion: kubelet,
        kubeProxyVersion: kubelet,
        operatingSystem: "linux",
        architecture: "amd64",
      },
    },
  };
}
