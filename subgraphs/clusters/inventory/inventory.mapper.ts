import { type PageRequest, pageOf } from "../../shared/kernel/page.ts";
import type { EventObject } from "../../shared/upstreams/kubernetes/objects/event.ts";
import type { NamespaceObject } from "../../shared/upstreams/kubernetes/objects/namespace.ts";
import type { NodeObject } from "../../shared/upstreams/kubernetes/objects/node.ts";
import type { PodObject } from "../../shared/upstreams/kubernetes/objects/pod.ts";
import type { Found, FoundPage } from "./inventory.service.ts";
import { type KubernetesEvent, KubernetesEventType } from "./kubernetes-event.type.ts";
import type { Namespace } from "./namespace.type.ts";
import type { Node } from "./node.type.ts";
import type { InventoryPage } from "./page.type.ts";
import { type Pod, PodPhase } from "./pod.type.ts";

export const toNode = ({ clusterId, object, asOf }: Found<NodeObject>): Node => ({ ...object, clusterId, asOf });

export const toNamespace = ({ clusterId, object, asOf }: Found<NamespaceObject>): Namespace => ({
  ...object,
  clusterId,
  asOf,
});

export const toPod = ({ clusterId, object, asOf }: Found<PodObject>): Pod => ({
  ...object,
  clusterId,
  asOf,
  namespace: object.namespace ?? "",
  phase: oneOf(PodPhase, object.phase),
});

export const toKubernetesEvent = ({ clusterId, object }: Found<EventObject>): KubernetesEvent => ({
  ...object,
  clusterId,
  type: oneOf(KubernetesEventType, object.type),
});

export const toPage = <T, G>(
  { items, total, asOf }: FoundPage<T>,
  page: PageRequest,
  map: (found: Found<T>) => G,
): InventoryPage<G> => ({ ...pageOf(items.map(map), total, page), asOf });

/** A value that the API has no name for is unknown to it. */
const oneOf = <V extends string>(values: Readonly<Record<string, V>>, value: string | null): V | null =>
  Object.values(values).find((known) => known === value) ?? null;
