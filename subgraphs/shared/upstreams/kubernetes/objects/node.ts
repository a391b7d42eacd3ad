import { z } from "zod";
import { flag, listOf, metadata, text, textMap, time } from "./metadata.ts";

const ROLE = /^node-role\.kubernetes\.io\/(.+)$/;

const Taint = z.object({ key: z.string(), value: text, effect: z.string() });
const Condition = z
  .object({ type: z.string(), status: z.string(), reason: text, message: text, lastTransitionTime: time })
  .transform(({ lastTransitionTime, ...condition }) => ({ ...condition, since: lastTransitionTime }));
const Address = z.object({ type: z.string(), address: z.string() });
const Info = z.object({
  kubeletVersion: text,
  osImage: text,
  kernelVersion: text,
  architecture: text,
  containerRuntimeVersion: text,
});

/** A machine of the cluster. Quantities stay in Kubernetes' notation ("31500m", "125Gi"). */
export const NodeObject = z
  .object({
    metadata: z.object(metadata),
    spec: z.object({ unschedulable: flag, taints: listOf(Taint) }).nullish(),
    status: z
      .object({
        capacity: textMap,
        allocatable: textMap,
        conditions: listOf(Condition),
        addresses: listOf(Address),
        nodeInfo: Info.nullish(),
      })
      .nullish(),
  })
  .transform(({ metadata: { creationTimestamp, ...identity }, spec, status }) => ({
    ...identity,
    createdAt: creationTimestamp,
    roles: rolesOf(identity.labels),
    unschedulable: spec?.unschedulable ?? false,
    taints: spec?.taints ?? [],
    capacity: status?.capacity ?? {},
    allocatable: status?.allocatable ?? {},
    conditions: status?.conditions ?? [],
    addresses: status?.addresses ?? [],
    ready: readiness(status?.conditions ?? []),
    kubeletVersion: status?.nodeInfo?.kubeletVersion ?? null,
    osImage: status?.nodeInfo?.osImage ?? null,
    kernelVersion: status?.nodeInfo?.kernelVersion ?? null,
    architecture: status?.nodeInfo?.architecture ?? null,
    containerRuntime: status?.nodeInfo?.containerRuntimeVersion ?? null,
  }));
export type NodeObject = z.output<typeof NodeObject>;

const rolesOf = (labels: Readonly<Record<string, string>>): string[] =>
  Object.keys(labels)
    .flatMap((key) => ROLE.exec(key)?.[1] ?? [])
    .sort();

/** Null where the control plane no longer knows: its kubelet has gone silent. */
export function readiness(conditions: readonly { type: string; status: string }[]): boolean | null {
  const status = conditions.find(({ type }) => type === "Ready")?.status;
  return status === "True" ? true : status === "False" ? false : null;
}
