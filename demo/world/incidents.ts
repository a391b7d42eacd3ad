import type { ClusterSpec } from "../catalogue.ts";
import { gpusOf, type WorldGpu } from "./gpus.ts";
import type { Inventory, WorldNode, WorldPod } from "./inventory.ts";
import { between, hashText } from "./random.ts";
import { always, type Recurrence, recurring, type Spell } from "./spell.ts";

const DAY = 86_400;

/** Once a day every checkout has a bad spell: errors and slow answers for 25 minutes, for anomaly detection to find. */
export const CHECKOUT_SPELL: Recurrence = {
  period: DAY,
  start: Math.floor(between(hashText("checkout"), "incident", 9, 16)) * 3600,
  length: 1500,
};

/** The pod of the checkout that fails all day, on clusters that are in trouble. */
export function failingPod({ spec, pods }: Inventory): WorldPod | undefined {
  return spec.troubled ? pods.find(({ workload }) => workload === "checkout") : undefined;
}

/** The node that is always short of memory, where there is one. */
export function strainedNode({ spec, nodes }: Inventory): WorldNode | undefined {
  const strained = spec.troubled === true || between(spec.seed, "strained", 0, 1) < 0.3;
  return strained ? nodes.find(({ worker, gpu }) => worker && gpu === undefined) : undefined;
}

/** The GPU that reports errors. */
export function failingGpu(inventory: Inventory): WorldGpu | undefined {
  return gpusOf(inventory).find(({ pod }) => pod !== undefined);
}

/** "GPU has fallen off the bus". */
export const XID = 79;

/** "Its own processor halted": one of those that DCGM does not tell, and only the kernel does. */
export const SILENT_XID = 62;

/** When it does: in a lab nobody comes to mend it. */
export function gpuSpell({ environment, seed }: ClusterSpec): Spell {
  if (environment === "LAB") return always;
  return recurring({ period: 7200, start: Math.floor(between(seed, "xid", 0, 7200)), length: 1800 });
}

/** "Slowed down by the driver, since it is too hot", as NVML has it. */
export const HOT = 0x20;

/** The GPU whose fans do not keep up, in production. */
export function hotGpu(inventory: Inventory): WorldGpu | undefined {
  return inventory.spec.environment === "PRODUCTION"
    ? gpusOf(inventory).findLast(({ pod }) => pod !== undefined)
    : undefined;
}

/** For a quarter of every hour. */
export const hotSpell = ({ seed }: ClusterSpec): Spell =>
  recurring({ period: 3600, start: Math.floor(between(seed, "heat", 0, 3600)), length: 900 });
