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

/** A cluster as the hub that manages it knows it. */
export interface Spoke {
  readonly spec: ClusterSpec;
  readonly apiServerUrl: string;
  /** PEM. */
  readonly caCertificate: string;
  readonly token: string;
}

/** One simulated cluster: what exists in it and every series it has. */
export interface World {
  readonly spec: ClusterSpec;
  /** What it manages, the hub itself not included. */
  readonly spokes: () => readonly Spoke[];
  readonly inventory: Inventory;
  /** By metric name, in alphabetical order. */
  readonly families: ReadonlyMap<string, MetricFamily>;
}

/** Builds the world of a cluster. Both parts come into being when first used: most clusters of a large fleet are idle. */
export function buildWorld(spec: ClusterSpec, spokes: () => readonly Spoke[] = () => []): World {
  let inventory: Inventory | undefined;
  let families: ReadonlyMap<string, MetricFamily> | undefined;
  const things = () => {
    inventory ??= buildInventory(spec);
    return inventory;
  };
  return {
    spec,
    spokes,
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
