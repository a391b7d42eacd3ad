import type { Labels } from "./device.mapper.ts";

/** What kube-state-metrics tells of a node with GPUs. */
export interface NodeResources {
  /** By extended resource, in kube-state-metrics' notation: "nvidia_com_gpu". */
  capacity: Record<string, number>;
  /** GPUs and parts of them that its pods were given. */
  requested: number;
  /** Its labels about GPUs, where kube-state-metrics is told to show them; in its notation. */
  labels: Record<string, string> | null;
}

const LABEL = "label_";

/** Takes one series. */
export function readResource(nodes: Map<string, NodeResources>, name: string, labels: Labels, value: number): void {
  const node = labels["exported_node"] || labels["node"];
  if (!node) return;
  let found = nodes.get(node);
  if (!found) {
    found = { capacity: {}, requested: 0, labels: null };
    nodes.set(node, found);
  }
  const { resource } = labels;
  if (name === "kube_node_status_capacity" && resource) found.capacity[resource] = value;
  else if (name === "kube_pod_container_resource_requests") found.requested += value;
  else if (name === "kube_node_labels") {
    found.labels = Object.fromEntries(
      Object.entries(labels).flatMap(([key, text]) =>
        key.startsWith(LABEL) ? [[key.slice(LABEL.length), text ?? ""]] : [],
      ),
    );
  }
}
