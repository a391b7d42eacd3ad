import type { WorldPod } from "../world/inventory.ts";
import { existsAt } from "../world/presence.ts";
import { hashText, uuid } from "../world/random.ts";
import type { Fate } from "../world/workloads.ts";
import type { World } from "../world/world.ts";
import { type KubernetesObject, keyOf } from "./metadata.ts";
import { podObject } from "./pod-object.ts";

/** What people did to a world's pods by hand. Only the Kubernetes API shows it: the metrics go on as they were. */
export class PodChanges {
  readonly #world: World;
  readonly #onChange: () => void;
  readonly #deleted = new Set<string>();
  readonly #put = new Map<string, WorldPod>();

  constructor(world: World, onChange: () => void) {
    this.#world = world;
    this.#onChange = onChange;
  }

  list(now: number): readonly KubernetesObject[] {
    const { inventory, spec } = this.#world;
    const pods = inventory.pods.filter((pod) => existsAt(pod, now));
    const left = pods.filter((pod) => !this.#deleted.has(nameOf(pod)) && !this.#put.has(nameOf(pod)));
    const all = this.#put.size === 0 ? left : [...left, ...this.#put.values()].sort(byName);
    return all.map((pod) => podObject(pod, now, spec.seed));
  }

  /** Throws where there is no such pod. */
  delete(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    if (!this.#list().includes(key)) throw new Error(`there is no pod ${key}`);
    this.#put.delete(key);
    this.#deleted.add(key);
    this.#onChange();
  }

  /** Adds a pod, or changes the fate of one. */
  put(namespace: string, name: string, fate: Fate): void {
    const { pods, spec } = this.#world.inventory;
    const key = `${namespace}/${name}`;
    const known = this.#put.get(key) ?? pods.find((pod) => nameOf(pod) === key && !this.#deleted.has(key));
    const like = known ?? pods.find(({ kind, node }) => kind === "Deployment" && node !== undefined);
    if (like === undefined) throw new Error("there is no pod to make another one like");
    // One that comes back after its deletion is another pod.
    const uid = known?.uid ?? uuid(hashText(key, spec.seed), `put ${this.#deleted.size}`);
    const life = { ...like.life, restartEvery: fate === "crashing" ? 300 : Number.POSITIVE_INFINITY };
    this.#put.set(key, { ...like, namespace, name, uid, fate, life });
    this.#onChange();
  }

  #list(): string[] {
    return this.list(0).map(keyOf);
  }
}

const nameOf = ({ namespace, name }: WorldPod): string => `${namespace}/${name}`;

function byName(a: WorldPod, b: WorldPod): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
