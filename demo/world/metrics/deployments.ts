import { begunAt, countsAt, deploymentsOf, setsAt, type WorldDeployment } from "../deployments.ts";
import type { Inventory } from "../inventory.ts";
import { EPOCH } from "../lifecycle.ts";
import { family, type MetricFamily } from "./family.ts";

type Labels = Readonly<Record<string, string>>;

const podsAt = (deployment: WorldDeployment, t: number) =>
  countsAt(
    deployment.sets.flatMap(({ pods }) => pods),
    t,
  );

/** What kube-state-metrics tells about deployments and their replica sets. */
export function deploymentFamilies(inventory: Inventory, base: Labels): MetricFamily[] {
  let known: WorldDeployment[] | undefined;
  const all = () => {
    known ??= deploymentsOf(inventory);
    return known;
  };
  const gauge = (name: string, help: string, at: (deployment: WorldDeployment, t: number) => number) =>
    family(name, "gauge", help, () =>
      all().map((one) => [{ ...base, namespace: one.namespace, deployment: one.name }, (t) => at(one, t)]),
    );
  const current = (deployment: WorldDeployment, t: number) => setsAt(deployment, t).at(-1);
  const sets = () =>
    all().flatMap((deployment) =>
      deployment.sets.map((set) => ({
        deployment,
        set,
        labels: { ...base, namespace: deployment.namespace, replicaset: set.name },
      })),
    );
  return [
    gauge("kube_deployment_spec_replicas", "Number of desired pods for a deployment.", ({ replicas }) => replicas),
    gauge(
      "kube_deployment_status_replicas",
      "The number of replicas per deployment.",
      (one, t) => podsAt(one, t).present,
    ),
    gauge(
      "kube_deployment_status_replicas_available",
      "The number of available replicas per deployment.",
      (one, t) => podsAt(one, t).ready,
    ),
    gauge(
      "kube_deployment_status_replicas_unavailable",
      "The number of unavailable replicas per deployment.",
      (one, t) => Math.max(0, one.replicas - podsAt(one, t).ready),
    ),
    gauge(
      "kube_deployment_status_replicas_updated",
      "The number of updated replicas per deployment.",
      (one, t) => countsAt(current(one, t)?.pods ?? [], t).present,
    ),
    gauge(
      "kube_deployment_metadata_generation",
      "Sequence number representing a specific generation of the desired state.",
      (one, t) => current(one, t)?.revision ?? 1,
    ),
    gauge(
      "kube_deployment_status_observed_generation",
      "The generation observed by the deployment controller.",
      (one, t) => current(one, t)?.revision ?? 1,
    ),
    family("kube_replicaset_created", "gauge", "Unix creation timestamp", () =>
      sets().map(({ set, labels }) => [labels, () => Math.max(EPOCH, begunAt(set))]),
    ),
    family("kube_replicaset_owner", "gauge", "Information about the ReplicaSet's owner.", () =>
      sets().map(({ deployment, labels }) => [
        { ...labels, owner_kind: "Deployment", owner_name: deployment.name, owner_is_controller: "true" },
        () => 1,
      ]),
    ),
    family("kube_replicaset_status_ready_replicas", "gauge", "The number of ready replicas per ReplicaSet.", () =>
      sets().map(({ set, labels }) => [labels, (t) => countsAt(set.pods, t).ready]),
    ),
  ];
}
