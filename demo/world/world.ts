import type { ClusterSpec } from "../catalogue.ts";
import { buildInventory, type Inventory } from "./inventory.ts";
import { containerFamilies } from "./metrics/containers.ts";
import { controlPlaneFamilies } from "./metrics/control-plane.ts";
import type { MetricFamily } from "./metrics/family.ts";
import { gpuFamilies } from "./metrics/gpu.ts";
import { httpFamilies } from "./metrics/http.ts";
import { kubeStateFamilies } from "./metrics/kube-state.ts";
import { nodeFamilies } from "./metrics/nodes.ts";

/** Seconds between two samples of a series; samples lie on multiples of it. */
export const SCRAPE_INTERVAL = 15;

/** One simulated cluster: what exists in it and every series it has. */
export interface World {
  readonly spec: ClusterSpec;
  readonly inventory: Inventory;
  /** By metric name, in alphabetical order. */
  readonly families: ReadonlyMap<string, MetricFamily>;
}

/** Builds the world of a cluster. Both parts come into being when first used: most clusters of a large fleet are idle. */
export function buildWorld(spec: ClusterSpec): World {
  let inventory: Inventory | undefined;
  let families: ReadonlyMap<string, MetricFamily> | undefined;
  const things = () => {
    inventory ??= buildInventory(spec);
    return inventory;
  };
  return {
    spec,
    get inventory() {
      return things();
    },
    get families() {
      families ??= allFamilies(things());
      return families;
    },
  };
}

function allFamilies(inventory: Inventory): ReadonlyMap<string, MetricFamily> {
  const all = [
    ...containerFamilies(inventory),
    ...kubeStateFamilies(inventory),
    ...nodeFamilies(inventory),
    ...httpFamilies(inventory),
    ...controlPlaneFamilies(inventory),
    ...gpuFamilies(inventory),
  ];
  return new Map(all.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((family) => [family.name, family]));
}
