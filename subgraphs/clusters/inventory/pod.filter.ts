import { labelTest } from "../../shared/upstreams/kubernetes/label-selector.ts";
import type { PodObject } from "../../shared/upstreams/kubernetes/objects/pod.ts";
import type { Scope } from "../../shared/upstreams/kubernetes/resource.ts";

/** Which pods: those that match every given part. */
export interface PodFilter {
  namespaces?: readonly string[] | null;
  node?: string | null;
  phases?: readonly string[] | null;
  ready?: boolean | null;
  reason?: string | null;
  minRestarts?: number | null;
  labelSelector?: string | null;
  nameContains?: string | null;
  ownerKind?: string | null;
  ownerName?: string | null;
}

/** The filter as a test. @throws INVALID_LABEL_SELECTOR */
export function podTest(filter: PodFilter): (pod: PodObject) => boolean {
  const namespaces = filter.namespaces?.length ? new Set(filter.namespaces) : null;
  const phases = filter.phases?.length ? new Set(filter.phases) : null;
  const byLabels = labelTest(filter.labelSelector ?? "");
  return (pod) =>
    (!namespaces || namespaces.has(pod.namespace ?? "")) &&
    (!phases || phases.has(pod.phase ?? "")) &&
    isOrAny(filter.node, pod.nodeName) &&
    isOrAny(filter.ready, pod.ready) &&
    isOrAny(filter.reason, pod.reason) &&
    isOrAny(filter.ownerKind, pod.owner?.kind) &&
    isOrAny(filter.ownerName, pod.owner?.name) &&
    (pod.restarts ?? 0) >= (filter.minRestarts ?? 0) &&
    pod.name.includes(filter.nameContains ?? "") &&
    byLabels(pod.labels);
}

/** The parts of a cluster in which such pods are; empty where they may be anywhere. */
export function podScopes({ namespaces, node }: PodFilter): Scope[] {
  if (node) return [{ nodeName: node }];
  return [...new Set(namespaces)].map((namespace) => ({ namespace }));
}

const isOrAny = <T>(wanted: T | null | undefined, value: T | null | undefined): boolean =>
  wanted === null || wanted === undefined || wanted === value;
