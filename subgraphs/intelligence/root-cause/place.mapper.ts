import type { ChangeKind, EntityRef, TopologyEdge } from "./core/index.ts";

/** A pod as the graph tells it. */
export interface PlacedPod {
  namespace: string;
  name: string;
  nodeName: string | null;
  createdAt: number | null;
  labels: Readonly<Record<string, string>>;
  owner: { kind: string; name: string } | null;
  images: readonly string[];
}

export interface PlacedNode {
  name: string;
  addresses: readonly string[];
}

/** Names of pods that no one lists any more: of a Deployment, a StatefulSet, a DaemonSet or Job. */
const MADE_NAMES = [/^(.+)-[a-z0-9]{6,10}-[a-z0-9]{5}$/, /^(.+)-\d{1,3}$/, /^(.+)-[a-z0-9]{5}$/];

export const nodeEntity = (name: string): EntityRef => ({ kind: "NODE", namespace: null, name });
export const gpuEntity = (uuid: string): EntityRef => ({ kind: "GPU", namespace: null, name: uuid });
export const entityKey = ({ kind, namespace, name }: EntityRef): string => `${kind}/${namespace ?? ""}/${name}`;

/** What runs where, and by which one name each thing goes: a pod by its workload, whose history goes on when its pods change. */
export class Place {
  readonly pods = new Map<string, PlacedPod>();
  readonly nodes = new Map<string, PlacedNode>();
  /** By namespace and name. */
  readonly #workloads = new Map<string, EntityRef>();

  add(pods: readonly PlacedPod[], nodes: readonly PlacedNode[] = []): void {
    for (const node of nodes) this.nodes.set(node.name, node);
    for (const pod of pods) {
      this.pods.set(`${pod.namespace}/${pod.name}`, pod);
      const name = workloadName(pod);
      if (name !== null)
        this.#workloads.set(`${pod.namespace}/${name}`, { kind: "WORKLOAD", namespace: pod.namespace, name });
    }
  }

  /** What a pod goes by. */
  ofPod(namespace: string, name: string): EntityRef {
    const pod = this.pods.get(`${namespace}/${name}`);
    const made = pod ? workloadName(pod) : MADE_NAMES.map((pattern) => pattern.exec(name)?.[1] ?? null).find(Boolean);
    return this.workload(namespace, made ?? "") ?? { kind: "POD", namespace, name };
  }

  workload(namespace: string, name: string): EntityRef | undefined {
    return this.#workloads.get(`${namespace}/${name}`);
  }

  /** A service goes by the workload whose pods serve it, where that is known. */
  ofService(namespace: string | null, name: string, pod: { namespace: string; name: string } | null): EntityRef {
    if (pod) {
      const entity = this.ofPod(pod.namespace, pod.name);
      if (entity.kind === "WORKLOAD") return entity;
    }
    return (namespace !== null && this.workload(namespace, name)) || { kind: "SERVICE", namespace, name };
  }

  /** The workload that serves with a certificate, as far as their names tell. */
  userOf({ namespace, name }: EntityRef): EntityRef | undefined {
    let user: EntityRef | undefined;
    for (const workload of this.#workloads.values()) {
      const isOf = name === workload.name || name.startsWith(`${workload.name}-`);
      if (workload.namespace !== namespace || !isOf) continue;
      if (!user || workload.name.length > user.name.length) user = workload;
    }
    return user;
  }

  podsOf(entity: EntityRef): PlacedPod[] {
    const key = entityKey(entity);
    return [...this.pods.values()].filter(({ namespace, name }) => entityKey(this.ofPod(namespace, name)) === key);
  }

  /** By its name, or by an address as exporters have it, with a port or without. */
  nodeOf(instance: string): string | null {
    const host = instance.replace(/:\d+$/, "");
    if (this.nodes.has(host)) return host;
    for (const { name, addresses } of this.nodes.values()) if (addresses.includes(host)) return name;
    return null;
  }

  get namespaces(): Set<string> {
    return new Set([...this.pods.values()].map(({ namespace }) => namespace));
  }

  /** Which workloads run on which nodes. */
  topology(): TopologyEdge[] {
    const edges = new Map<string, TopologyEdge>();
    for (const { namespace, name, nodeName } of this.pods.values()) {
      if (nodeName === null) continue;
      const from = this.ofPod(namespace, name);
      edges.set(`${entityKey(from)} ${nodeName}`, { from, to: nodeEntity(nodeName), kind: "RUNS_ON" });
    }
    return [...edges.values()];
  }
}

function workloadName({ name, owner, labels, nodeName }: PlacedPod): string | null {
  if (owner === null || (owner.kind === "Node" && nodeName === null)) return null;
  // A static pod: its node is no workload.
  if (owner.kind === "Node") return name.endsWith(`-${nodeName}`) ? name.slice(0, -`-${nodeName}`.length) : null;
  if (owner.kind !== "ReplicaSet") return owner.name;
  const hash = labels["pod-template-hash"];
  return hash && owner.name.endsWith(`-${hash}`)
    ? owner.name.slice(0, -`-${hash}`.length)
    : owner.name.replace(/-[a-z0-9]{5,10}$/, "");
}

/** What a Kubernetes event says that somebody changed, if it says so. */
export function changeKindOf(reason: string): ChangeKind | null {
  return CHANGES[reason] ?? null;
}

const CHANGES: Readonly<Record<string, ChangeKind>> = {
  ScalingReplicaSet: "ROLLOUT",
  DeploymentRollback: "ROLLOUT",
  SuccessfulRescale: "SCALE",
  NodeNotSchedulable: "NODE",
  NodeSchedulable: "NODE",
  Rebooted: "NODE",
  Issuing: "CONFIG",
};
