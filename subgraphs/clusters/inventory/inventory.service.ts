import { CodedError } from "../../shared/kernel/errors.ts";
import type { PageRequest } from "../../shared/kernel/page.ts";
import { labelTest } from "../../shared/upstreams/kubernetes/label-selector.ts";
import type { EventObject } from "../../shared/upstreams/kubernetes/objects/event.ts";
import type { NamespaceObject } from "../../shared/upstreams/kubernetes/objects/namespace.ts";
import type { NodeObject } from "../../shared/upstreams/kubernetes/objects/node.ts";
import type { PodObject } from "../../shared/upstreams/kubernetes/objects/pod.ts";
import type { Scope } from "../../shared/upstreams/kubernetes/resource.ts";
import type { Snapshot } from "../../shared/upstreams/kubernetes/snapshot.ts";
import type { InventoryLoaders, SnapshotLoader } from "./inventory.loader.ts";
import { eventTest, type KubernetesEventFilter, newestFirst } from "./kubernetes-event.filter.ts";
import { type PodFilter, podScopes, podTest } from "./pod.filter.ts";

/** An object of a cluster, and the moment it is shown at. */
export interface Found<T> {
  clusterId: string;
  object: T;
  asOf: Date;
}

export interface FoundPage<T> {
  items: Found<T>[];
  total: number;
  asOf: Date;
}

/**
 * What is in the clusters, within one operation. A cluster that the identity may not see has nothing (null).
 * @throws why a cluster cannot be asked, from every method.
 */
export class InventoryService {
  readonly #loaders: InventoryLoaders;

  constructor(loaders: InventoryLoaders) {
    this.#loaders = loaders;
  }

  async nodes(
    clusterId: string,
    page: PageRequest,
    labelSelector: string | null,
  ): Promise<FoundPage<NodeObject> | null> {
    const matches = labelTest(labelSelector ?? "");
    const snapshot = await this.#read(this.#loaders.nodes, clusterId, []);
    return snapshot && pageOfFound(clusterId, snapshot, ({ labels }) => matches(labels), page);
  }

  async node(clusterId: string, name: string): Promise<Found<NodeObject> | null> {
    return one(clusterId, await this.#read(this.#loaders.nodes, clusterId, []), null, name);
  }

  async namespaces(clusterId: string): Promise<Found<NamespaceObject>[] | null> {
    const snapshot = await this.#read(this.#loaders.namespaces, clusterId, []);
    return snapshot?.objects.map((object) => ({ clusterId, object, asOf: snapshot.asOf })) ?? null;
  }

  async pods(clusterId: string, page: PageRequest, filter: PodFilter): Promise<FoundPage<PodObject> | null> {
    const matches = podTest(filter);
    const snapshot = await this.#read(this.#loaders.pods, clusterId, podScopes(filter));
    return snapshot && pageOfFound(clusterId, snapshot, matches, page);
  }

  async pod(clusterId: string, namespace: string, name: string): Promise<Found<PodObject> | null> {
    return one(clusterId, await this.#read(this.#loaders.pods, clusterId, [{ namespace }]), namespace, name);
  }

  /** The newest first. */
  async events(
    clusterId: string,
    page: PageRequest,
    filter: KubernetesEventFilter,
  ): Promise<FoundPage<EventObject> | null> {
    const parts = filter.namespace ? [{ namespace: filter.namespace }] : [];
    const snapshot = await this.#read(this.#loaders.events, clusterId, parts);
    if (!snapshot) return null;
    const newest = { ...snapshot, objects: [...snapshot.objects].sort(newestFirst) };
    return pageOfFound(clusterId, newest, eventTest(filter), page);
  }

  async #read<T>(loader: SnapshotLoader<T>, clusterId: string, parts: readonly Scope[]): Promise<Snapshot<T> | null> {
    const target = await this.#loaders.targets.load(clusterId);
    if (!target) return null;
    const { value, failure } = await loader.load({ target, parts });
    if (value) return value;
    throw new CodedError(
      failure?.code ?? "INTERNAL_SERVER_ERROR",
      `${target.name}: ${failure?.message ?? "no answer"}`,
      {
        clusterId,
      },
    );
  }
}

function one<T>(clusterId: string, snapshot: Snapshot<T> | null, namespace: string | null, name: string) {
  const object = snapshot?.get(namespace, name);
  return snapshot && object ? { clusterId, object, asOf: snapshot.asOf } : null;
}

function pageOfFound<T>(
  clusterId: string,
  { objects, asOf }: Pick<Snapshot<T>, "objects" | "asOf">,
  matches: (object: T) => boolean,
  { page, pageSize }: PageRequest,
): FoundPage<T> {
  const matching = objects.filter(matches);
  const items = matching.slice((page - 1) * pageSize, page * pageSize);
  return { items: items.map((object) => ({ clusterId, object, asOf })), total: matching.length, asOf };
}
