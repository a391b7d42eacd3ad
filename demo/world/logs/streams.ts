import type { Inventory, WorldNode, WorldPod } from "../inventory.ts";
import { runningPods } from "../metrics/containers.ts";

/** A log: of a pod's container, or of a node's system. */
export interface LogStream {
  readonly labels: Readonly<Record<string, string>>;
  readonly of:
    | { readonly is: "container"; readonly pod: WorldPod; readonly container: string }
    | { readonly is: "system"; readonly node: WorldNode; readonly unit: "kernel" | "kubelet.service" };
}

/** All logs of a cluster. What is over, such as a job, has been deleted with its log. */
export function logStreams(inventory: Inventory): LogStream[] {
  const containers = runningPods(inventory).flatMap((pod) =>
    pod.containers.map(({ name }): LogStream => {
      const { namespace, workload, node } = pod;
      const labels = { namespace, pod: pod.name, container: name, app: workload, service_name: workload };
      return {
        labels: { ...labels, ...(node === undefined ? {} : { node: node.name }) },
        of: { is: "container", pod, container: name },
      };
    }),
  );
  const system = inventory.nodes.flatMap((node) =>
    (["kernel", "kubelet.service"] as const).map((unit): LogStream => {
      const job = "systemd-journal";
      return { labels: { job, service_name: job, unit, node: node.name }, of: { is: "system", node, unit } };
    }),
  );
  return [...containers, ...system];
}
