import type { KubernetesObject } from "./objects/metadata.ts";
import { objectKey } from "./resource.ts";
import type { ChangeType } from "./watch.ts";

export interface Change<T> {
  type: ChangeType;
  /** As it is now; of a deleted one, as it was last seen. */
  object: T;
}

/** The objects of a kind at one moment. */
export interface Snapshot<T> {
  /** By namespace, then name. */
  readonly objects: readonly T[];
  get(namespace: string | null, name: string): T | undefined;
  /** The moment it shows: now while the watch is connected, else when the API server was last heard from. */
  readonly asOf: Date;
}

/** What an API server last told of a kind of object: kept by key, changed by frames and by whole listings. */
export class ObjectCache<T extends KubernetesObject> {
  #byKey = new Map<string, T>();
  #sorted: readonly T[] | null = null;

  get size(): number {
    return this.#byKey.size;
  }

  /** What a frame changes; null where it tells nothing new, such as an object that the listing already had. */
  apply(type: ChangeType, object: T): Change<T> | null {
    const key = keyOf(object);
    const known = this.#byKey.get(key);
    if (type === "DELETED" ? !known : known && isSame(known, object)) return null;
    this.#sorted = null;
    if (type === "DELETED") this.#byKey.delete(key);
    else this.#byKey.set(key, object);
    return { type: type === "DELETED" ? type : known ? "MODIFIED" : "ADDED", object };
  }

  /** Takes a listing for the truth, and tells how it differs from what was known: what vanished first. */
  replace(listed: readonly T[]): Change<T>[] {
    const next = new Map(listed.map((object) => [keyOf(object), object]));
    const changes: Change<T>[] = [];
    for (const [key, object] of this.#byKey) {
      const now = next.get(key);
      if (!now || now.uid !== object.uid) changes.push({ type: "DELETED", object });
    }
    for (const [key, object] of next) {
      const before = this.#byKey.get(key);
      if (!before || before.uid !== object.uid) changes.push({ type: "ADDED", object });
      else if (!isSame(before, object)) changes.push({ type: "MODIFIED", object });
    }
    this.#byKey = next;
    this.#sorted = null;
    return changes;
  }

  /** The objects as they are now; what comes later does not change it. */
  snapshot(asOf: Date): Snapshot<T> {
    this.#sorted ??= [...this.#byKey.values()].sort(byKey);
    const objects = this.#sorted;
    return { objects, asOf, get: (namespace, name) => find(objects, objectKey(namespace, name)) };
  }
}

const keyOf = ({ namespace, name }: KubernetesObject): string => objectKey(namespace, name);

const isSame = (a: KubernetesObject, b: KubernetesObject): boolean =>
  a.uid === b.uid && a.resourceVersion !== null && a.resourceVersion === b.resourceVersion;

function byKey(a: KubernetesObject, b: KubernetesObject): number {
  const [first, second] = [keyOf(a), keyOf(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** By halves: a snapshot is sorted, and a map of its own would be a second copy. */
function find<T extends KubernetesObject>(sorted: readonly T[], key: string): T | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const object = sorted[middle] as T;
    if (keyOf(object) < key) low = middle + 1;
    else high = middle;
  }
  const found = sorted[low];
  return found && keyOf(found) === key ? found : undefined;
}
