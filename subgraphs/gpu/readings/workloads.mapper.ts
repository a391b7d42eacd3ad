import type { Series } from "../../shared/upstreams/prometheus/schema.ts";
import type { PodName } from "./device.mapper.ts";

/** What owns a pod: a Deployment rather than its replica sets. */
export interface Workload {
  kind: string;
  name: string;
}

/** By pod, as "namespace/name". */
export type Workloads = ReadonlyMap<string, Workload>;

/** Who has a device: a workload, or why none can be named. */
export interface Holder {
  namespace: string | null;
  kind: string | null;
  name: string | null;
  reason: string | null;
}

const NOBODY: Holder = {
  namespace: null,
  kind: null,
  name: null,
  reason: "A resource claim has it that is reserved for no pod.",
};
const SEVERAL = "Pods of several workloads share it.";
const UNTOLD = "kube-state-metrics does not tell who owns its pod.";

/** From the series of the one query, whose metrics may have lost their names: a replica set's alone have that label. */
export function workloadsOf(series: readonly Series[]): Workloads {
  const deployments = new Map<string, string>();
  const owners: { pod: string; namespace: string; name: string; kind: string; owner: string }[] = [];
  for (const { metric } of series) {
    const namespace = metric["exported_namespace"] || metric["namespace"] || "";
    const { replicaset, owner_name: owner = "", owner_kind: kind = "", owner_is_controller: controls } = metric;
    const name = metric["exported_pod"] || metric["pod"] || "";
    if (replicaset) deployments.set(`${namespace}/${replicaset}`, owner);
    else if (controls !== "false") owners.push({ pod: `${namespace}/${name}`, namespace, name, kind, owner });
  }
  return new Map(
    owners.map(({ pod, namespace, name, kind, owner }): [string, Workload] => {
      // As kube-state-metrics writes of a pod that nobody owns.
      if (!kind || kind === "<none>") return [pod, { kind: "Pod", name }];
      const deployment = kind === "ReplicaSet" ? deployments.get(`${namespace}/${owner}`) : undefined;
      return [pod, deployment ? { kind: "Deployment", name: deployment } : { kind, name: owner }];
    }),
  );
}

/** Who has what these pods have together. */
export function holderOf(
  pods: readonly PodName[],
  { workloads, gap }: { workloads: Workloads; gap: string | null },
): Holder {
  const holders = new Map(
    pods.map(({ namespace, name }) => {
      const workload = workloads.get(`${namespace}/${name}`);
      const holder = workload
        ? { namespace, ...workload, reason: null }
        : { namespace, kind: null, name: null, reason: gap ?? UNTOLD };
      return [keyOf(holder), holder] as const;
    }),
  );
  const [first, another] = holders.values();
  if (!first) return NOBODY;
  return another ? { namespace: namespaceOf(pods), kind: null, name: null, reason: SEVERAL } : first;
}

export const keyOf = ({ namespace, kind, name, reason }: Holder): string =>
  JSON.stringify([namespace, kind, name, reason]);

/** Null where there is none, or several. */
export function namespaceOf(pods: readonly PodName[]): string | null {
  const [first, another] = new Set(pods.map(({ namespace }) => namespace));
  return another === undefined ? (first ?? null) : null;
}
