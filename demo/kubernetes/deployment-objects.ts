import {
  begunAt,
  countsAt,
  deploymentsOf,
  setsAt,
  type WorldDeployment,
  type WorldReplicaSet,
} from "../world/deployments.ts";
import { EPOCH } from "../world/lifecycle.ts";
import type { World } from "../world/world.ts";
import { type KubernetesObject, keyOf, objectMetadata, timestamp } from "./metadata.ts";

const REVISION = "deployment.kubernetes.io/revision";

function template({ labels }: WorldDeployment, set: WorldReplicaSet | undefined): object {
  const containers = set?.pods[0]?.containers.map(({ name, image }) => ({ name, image }));
  return { metadata: { labels }, spec: { containers, restartPolicy: "Always" } };
}

function conditions(
  { replicas }: WorldDeployment,
  set: WorldReplicaSet | undefined,
  ready: number,
  since: number,
): object[] {
  const at = timestamp(since);
  const condition = (type: string, yes: boolean, reason: string, message: string) => ({
    type,
    status: yes ? "True" : "False",
    lastUpdateTime: at,
    lastTransitionTime: at,
    reason,
    message,
  });
  const enough = ready >= replicas;
  return [
    enough
      ? condition("Available", true, "MinimumReplicasAvailable", "Deployment has minimum availability.")
      : condition("Available", false, "MinimumReplicasUnavailable", "Deployment does not have minimum availability."),
    enough
      ? condition(
          "Progressing",
          true,
          "NewReplicaSetAvailable",
          `ReplicaSet "${set?.name}" has successfully progressed.`,
        )
      : condition("Progressing", true, "ReplicaSetUpdated", `ReplicaSet "${set?.name}" is progressing.`),
  ];
}

const sorted = (objects: KubernetesObject[]) => objects.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));

export function deploymentObjects({ inventory }: World, now: number): KubernetesObject[] {
  return sorted(
    deploymentsOf(inventory).map((deployment) => {
      const { namespace, name, uid, labels, replicas, sets } = deployment;
      const current = setsAt(deployment, now).at(-1);
      const all = countsAt(
        sets.flatMap(({ pods }) => pods),
        now,
      );
      const updated = countsAt(current?.pods ?? [], now);
      const begun = current === undefined ? EPOCH : Math.max(EPOCH, begunAt(current));
      return {
        metadata: {
          ...objectMetadata(uid, name, EPOCH, labels),
          namespace,
          generation: current?.revision ?? 1,
          annotations: { [REVISION]: String(current?.revision ?? 1) },
        },
        spec: {
          replicas,
          selector: { matchLabels: { app: labels["app"] } },
          template: template(deployment, current),
          strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
          revisionHistoryLimit: 10,
          progressDeadlineSeconds: 600,
        },
        status: {
          observedGeneration: current?.revision ?? 1,
          replicas: all.present,
          updatedReplicas: updated.present,
          readyReplicas: all.ready,
          availableReplicas: all.ready,
          unavailableReplicas: Math.max(0, replicas - all.ready),
          conditions: conditions(deployment, current, all.ready, begun),
        },
      };
    }),
  );
}

export function replicaSetObjects({ inventory }: World, now: number): KubernetesObject[] {
  return sorted(
    deploymentsOf(inventory).flatMap((deployment) => {
      const { namespace, name, uid, labels, replicas } = deployment;
      const sets = setsAt(deployment, now);
      return sets.map((set) => {
        const { present, ready } = countsAt(set.pods, now);
        const wanted = set === sets.at(-1) ? replicas : present;
        const hash = set.name.slice(name.length + 1);
        return {
          metadata: {
            ...objectMetadata(set.uid, set.name, Math.max(EPOCH, begunAt(set)), {
              ...labels,
              "pod-template-hash": hash,
            }),
            namespace,
            generation: 1,
            annotations: { [REVISION]: String(set.revision) },
            ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name, uid, controller: true }],
          },
          spec: {
            replicas: wanted,
            selector: { matchLabels: { app: labels["app"] } },
            template: template(deployment, set),
          },
          status: { replicas: present, readyReplicas: ready, availableReplicas: ready, observedGeneration: 1 },
        };
      });
    }),
  );
}
