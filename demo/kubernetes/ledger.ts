import { hashText } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { type KubernetesObject, keyOf } from "./metadata.ts";
import { PodChanges } from "./pod-changes.ts";
import type { Resource } from "./resources.ts";

/** A change of one object, as the API server's history keeps it. */
export interface Entry {
  readonly revision: number;
  /** Absent when it was created. */
  readonly before?: KubernetesObject;
  /** Absent when it was deleted. */
  readonly after?: KubernetesObject;
}

interface Known {
  readonly hash: number;
  readonly object: KubernetesObject;
}

interface History {
  readonly known: Map<string, Known>;
  entries: Entry[];
  /** Watches cannot begin before it. */
  oldest: number;
}

const KEPT = 1000;

/**
 * What a cluster's API server remembers: each object's resource version, and the latest changes of each kind. The world is a
 * function of time, so changes are found by looking again. Revisions are unix seconds, or one more where that was given already.
 */
export class Ledger {
  readonly pods: PodChanges;
  readonly #world: World;
  readonly #histories = new Map<string, History>();
  readonly #watchers = new Set<() => void>();
  #given = 0;

  constructor(world: World) {
    this.#world = world;
    this.pods = new PodChanges(world, () => this.notify());
  }

  /** The objects of a kind at `now` (unix seconds), and the revision they are of. */
  list(resource: Resource, now: number): { objects: readonly KubernetesObject[]; revision: number } {
    const { known } = this.#look(resource, now);
    return { objects: [...known.values()].map(({ object }) => object), revision: this.#given };
  }

  /** What has changed since a revision, in order; undefined where that is forgotten. */
  since(resource: Resource, revision: number, now: number): readonly Entry[] | undefined {
    const { entries, oldest } = this.#look(resource, now);
    return revision < oldest ? undefined : entries.filter((entry) => entry.revision > revision);
  }

  /** Forgets the changes so far, as etcd's compaction does: older watches cannot be resumed. */
  compact(): void {
    this.#given++;
    for (const history of this.#histories.values()) {
      history.entries = [];
      history.oldest = this.#given;
    }
  }

  /** Calls `look` whenever somebody changed something by hand. Returns how to stop that. */
  watch(look: () => void): () => void {
    this.#watchers.add(look);
    return () => this.#watchers.delete(look);
  }

  /** Lets those that watch look again. */
  notify(): void {
    for (const look of this.#watchers) look();
  }

  #look(resource: Resource, now: number): History {
    const objects = resource.plural === "pods" ? this.pods.list(now) : resource.list(this.#world, now);
    this.#given = Math.max(this.#given, now);
    const known = this.#histories.get(resource.plural);
    const history: History = known ?? { known: new Map(), entries: [], oldest: this.#given };
    this.#histories.set(resource.plural, history);
    // What exists at the first look is no change: it has been there.
    const changes = differences(history.known, objects, () => (known === undefined ? this.#given : ++this.#given));
    if (known !== undefined) history.entries.push(...changes);
    const dropped = history.entries.splice(0, Math.max(0, history.entries.length - KEPT)).at(-1);
    if (dropped !== undefined) history.oldest = dropped.revision;
    return history;
  }
}

/** Brings what is known up to date, keeps the order of `objects`, and tells what was different. */
function differences(known: Map<string, Known>, objects: readonly KubernetesObject[], next: () => number): Entry[] {
  const entries: Entry[] = [];
  const gone = new Map(known);
  known.clear();
  for (const fresh of objects) {
    const key = keyOf(fresh);
    const hash = hashText(JSON.stringify(fresh));
    const last = gone.get(key);
    gone.delete(key);
    if (last?.hash === hash) {
      known.set(key, last);
      continue;
    }
    const same = last !== undefined && last.object.metadata["uid"] === fresh.metadata["uid"];
    if (last !== undefined && !same) entries.push({ revision: next(), before: last.object });
    const revision = next();
    const object = versioned(fresh, revision);
    known.set(key, { hash, object });
    entries.push({ revision, after: object, ...(same ? { before: last.object } : {}) });
  }
  for (const { object } of gone.values()) entries.push({ revision: next(), before: object });
  return entries;
}

/** The object with a resource version. */
export const versioned = (object: KubernetesObject, revision: number): KubernetesObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(revision) },
});
