import { isReady } from "../deployments.ts";
import type { Inventory, WorldPod } from "../inventory.ts";
import { restartsAt } from "../lifecycle.ts";
import { fateAt } from "../presence.ts";
import { family, type MetricFamily } from "./family.ts";

type Labels = Readonly<Record<string, string>>;

/** Why a pod's container ended the last time, where it did. */
function lastEnd(pod: WorldPod, t: number): "OOMKilled" | "Error" | undefined {
  if (restartsAt(pod.life, t) === 0) return undefined;
  const fate = pod.illness ?? pod.fate;
  return fate === "leaking" ? "OOMKilled" : fate === "crashing" ? "Error" : undefined;
}

const yes = (truth: boolean) => (truth ? 1 : 0);

/** What kube-state-metrics tells of how pods and their first containers are. */
export function podStateFamilies({ pods }: Inventory, ofPod: (pod: WorldPod) => Labels): MetricFamily[] {
  const placed = pods.filter(({ node, fate }) => node !== undefined && fate !== "succeeded" && fate !== "failed");
  const contained = (more: readonly Labels[], at: (pod: WorldPod, labels: Labels, t: number) => number) =>
    placed.flatMap((pod) =>
      more.map((labels) => {
        const all = { ...ofPod(pod), container: pod.containers[0]?.name ?? "", ...labels };
        return [all, (t: number) => at(pod, labels, t)] as const;
      }),
    );
  return [
    family("kube_pod_container_status_ready", "gauge", "Whether the containers readiness check succeeded.", () =>
      contained([{}], (pod, _labels, t) => yes(isReady(pod, t))),
    ),
    family("kube_pod_container_status_waiting_reason", "gauge", "The reason the container is in waiting state.", () =>
      contained([{ reason: "CrashLoopBackOff" }], (pod, _labels, t) => yes(fateAt(pod, t) === "crashing")),
    ),
    family(
      "kube_pod_container_status_last_terminated_reason",
      "gauge",
      "The last reason the container was in terminated state.",
      () =>
        contained([{ reason: "OOMKilled" }, { reason: "Error" }], (pod, { reason }, t) =>
          yes(lastEnd(pod, t) === reason),
        ),
    ),
    family("kube_pod_status_reason", "gauge", "The pod status reasons.", () =>
      placed.map((pod) => [{ ...ofPod(pod), reason: "Evicted" }, (t) => yes(fateAt(pod, t) === "evicted")]),
    ),
    family("kube_pod_owner", "gauge", "Information about the Pod's owner.", () =>
      placed.map((pod) => [
        {
          ...ofPod(pod),
          owner_kind: pod.kind === "Deployment" ? "ReplicaSet" : pod.kind,
          owner_name: pod.kind === "Deployment" ? pod.name.slice(0, pod.name.lastIndexOf("-")) : pod.workload,
          owner_is_controller: "true",
        },
        () => 1,
      ]),
    ),
  ];
}
