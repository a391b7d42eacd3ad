import type { Inventory, WorldPod } from "./inventory.ts";
import { holds } from "./lifecycle.ts";
import { answersAt, existsAt, runsAt } from "./presence.ts";
import { between, hashText, uuid } from "./random.ts";

/** A revision of a deployment. */
export interface WorldReplicaSet {
  readonly name: string;
  readonly uid: string;
  readonly revision: number;
  readonly pods: readonly WorldPod[];
}

export interface WorldDeployment {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly replicas: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Oldest first. */
  readonly sets: readonly WorldReplicaSet[];
}

const setName = ({ name }: WorldPod) => name.slice(0, name.lastIndexOf("-"));

/** The UID of what owns a pod, as the pod has it. */
export const ownerUid = ({ namespace }: WorldPod, owner: string, seed: number): string =>
  uuid(hashText(`${namespace}/${owner}`, seed), "owner");

export const deploymentUid = ({ spec }: Pick<Inventory, "spec">, namespace: string, name: string): string =>
  uuid(hashText(`${namespace}/${name}`, spec.seed), "deployment");

/** The deployments of a cluster. A rollout's revision has only pods that come with it. */
export function deploymentsOf({ pods, spec }: Inventory): WorldDeployment[] {
  const deployed = Map.groupBy(
    pods.filter(({ kind }) => kind === "Deployment"),
    ({ namespace, workload }) => `${namespace}/${workload}`,
  );
  return [...deployed.values()].flatMap((of) => {
    const [first] = of;
    if (first === undefined) return [];
    const { namespace, workload: name, labels } = first;
    const uid = deploymentUid({ spec }, namespace, name);
    const before = Math.floor(between(spec.seed, `revision/${name}`, 2, 12));
    const sets = [...Map.groupBy(of, setName)]
      .map(([set, members]) => ({ set, members, since: Math.min(...members.map(({ within }) => within?.from ?? 0)) }))
      .sort((a, b) => a.since - b.since)
      .map(({ set, members }, i) => ({
        name: set,
        uid: ownerUid(first, set, spec.seed),
        revision: before + i,
        pods: members,
      }));
    const replicas = sets[0]?.pods.filter(({ within }) => within === undefined).length ?? 0;
    return [{ namespace, name, uid, replicas, labels, sets }];
  });
}

/** Since when a revision exists, in unix seconds; 0 for what has been there. */
export const begunAt = ({ pods }: WorldReplicaSet): number => Math.min(...pods.map(({ within }) => within?.from ?? 0));

/** The revisions that a deployment has, the one it is at last. */
export const setsAt = ({ sets }: WorldDeployment, t: number): readonly WorldReplicaSet[] =>
  sets.filter(({ pods }) => pods.some(({ within }) => within === undefined || holds(within, t)));

/** How many of the pods there are, of those that may run, and how many of them are ready. */
export function countsAt(pods: readonly WorldPod[], t: number): { present: number; ready: number } {
  const present = pods.filter((pod) => existsAt(pod, t) && (runsAt(pod, t) || pod.fate === "pending"));
  return { present: present.length, ready: present.filter((pod) => isReady(pod, t)).length };
}

/** As the kubelet reports it: one that crashes again and again is not, though it answers at times. */
export const isReady = (pod: WorldPod, t: number): boolean => answersAt(pod, t) && !crashes(pod, t);

const crashes = (pod: WorldPod, t: number) =>
  pod.fate === "crashing" || (pod.illness === "crashing" && holds(pod.life.ill, t));
