import DataLoader from "dataloader";
import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import { isWithin, type NamespaceScope } from "../../shared/kernel/namespaces.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { EventObject } from "../../shared/upstreams/kubernetes/objects/event.ts";
import type { KubernetesObject } from "../../shared/upstreams/kubernetes/objects/metadata.ts";
import type { NamespaceObject } from "../../shared/upstreams/kubernetes/objects/namespace.ts";
import type { NodeObject } from "../../shared/upstreams/kubernetes/objects/node.ts";
import type { PodObject } from "../../shared/upstreams/kubernetes/objects/pod.ts";
import type { Scope } from "../../shared/upstreams/kubernetes/resource.ts";
import type { Snapshot } from "../../shared/upstreams/kubernetes/snapshot.ts";
import type { InventoryWatches } from "./inventory.watch.ts";
import type { ObjectWatches } from "./objects.watch.ts";

/** What is read of one cluster; `parts` are what is enough where not all can be had. */
export interface Reading {
  target: Target;
  parts: readonly Scope[];
}

export type SnapshotLoader<T> = DataLoader<Reading, Outcome<Snapshot<T>>, string>;

export interface InventoryLoaders {
  /** Null for a cluster that the identity may not see. */
  targets: DataLoader<string, Target | null>;
  nodes: SnapshotLoader<NodeObject>;
  namespaces: SnapshotLoader<NamespaceObject>;
  pods: SnapshotLoader<PodObject>;
  events: SnapshotLoader<EventObject>;
}

/** How long a cluster may take to list its objects; later readers find what is there by then. */
const PATIENCE_MS = 15_000;

const keyOf = ({ target, parts }: Reading): string =>
  JSON.stringify([target.id, ...parts.map(({ namespace, nodeName }) => [namespace, nodeName])]);

/** The loaders of one operation. */
export function inventoryLoaders(
  operation: Operation,
  directory: FleetDirectory,
  watches: InventoryWatches,
  onInternalError: (error: unknown) => void,
): InventoryLoaders {
  const loader = <T extends KubernetesObject>(
    of: ObjectWatches<T>,
    namespaceOf: (object: T) => string | null = ({ namespace }) => namespace,
  ): SnapshotLoader<T> => snapshotLoader(operation, of, namespaceOf, onInternalError);
  return {
    targets: new DataLoader((ids) => directory.byIds(operation.identity, ids)),
    nodes: loader(watches.nodes),
    namespaces: loader(watches.namespaces, ({ name }) => name),
    pods: loader(watches.pods),
    events: loader(watches.events),
  };
}

/**
 * A kind of object in many clusters: fields of one operation that ask alike show the same moment, and a failure is one
 * cluster's own. What is watched is all of a cluster: who sees only some namespaces is shown what is of these.
 */
const snapshotLoader = <T extends KubernetesObject>(
  operation: Operation,
  watches: ObjectWatches<T>,
  namespaceOf: (object: T) => string | null,
  onInternalError: (error: unknown) => void,
): SnapshotLoader<T> =>
  new DataLoader(
    (readings) =>
      fanOut(
        readings,
        async ({ target: { namespaces, ...target }, parts }, signal) =>
          within(namespaces, await watches.read(target, parts, signal), namespaceOf),
        { signal: operation.signal, patienceMs: () => PATIENCE_MS, onInternalError },
      ),
    { cacheKeyFn: keyOf },
  );

function within<T>(
  namespaces: NamespaceScope,
  snapshot: Snapshot<T>,
  namespaceOf: (object: T) => string | null,
): Snapshot<T> {
  if (!namespaces) return snapshot;
  const isSeen = (object: T): boolean => isWithin(namespaces, namespaceOf(object));
  return {
    objects: snapshot.objects.filter(isSeen),
    asOf: snapshot.asOf,
    get: (namespace, name) => {
      const object = snapshot.get(namespace, name);
      return object && isSeen(object) ? object : undefined;
    },
  };
}
