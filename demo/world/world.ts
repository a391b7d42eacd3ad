import type { ClusterSpec } from "../catalogue.ts";
import { Alerts } from "./alerts/alerts.ts";
import { LostGpus } from "./gpus.ts";
import { Incidents } from "./incidents/book.ts";
import { buildInventory, type Inventory } from "./inventory.ts";
import { Logs } from "./logs/logs.ts";
import { certificateFamilies } from "./metrics/certificates.ts";
import { clientFamilies } from "./metrics/client.ts";
import { containerFamilies } from "./metrics/containers.ts";
import { controlPlaneFamilies } from "./metrics/control-plane.ts";
import type { MetricFamily } from "./metrics/family.ts";
import { gpuFamilies } from "./metrics/gpu.ts";
import { httpFamilies } from "./metrics/http.ts";
import { kubeStateFamilies } from "./metrics/kube-state.ts";
import { nodeFamilies } from "./metrics/nodes.ts";
import { type Neighbours, Traces } from "./traces/traces.ts";

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
  /** Also what exists only for a time, because of an incident. */
  readonly inventory: Inventory;
  readonly incidents: Incidents;
  readonly lostGpus: LostGpus;
  readonly alerts: Alerts;
  readonly traces: Traces;
  readonly logs: Logs;
  /** By metric name, in alphabetical order. */
  readonly families: ReadonlyMap<string, MetricFamily>;
}

/** Builds the world of a cluster. Its parts come into being when first used: most clusters of a large fleet are idle. */
export function buildWorld(
  spec: ClusterSpec,
  spokes: () => readonly Spoke[] = () => [],
  neighbours: () => Neighbours = () => ({}),
): World {
  let inventory: Inventory | undefined;
  let families: ReadonlyMap<string, MetricFamily> | undefined;
  let lostGpus: LostGpus | undefined;
  let version = 0;
  const things = () => {
    inventory ??= buildInventory(spec);
    return inventory;
  };
  const incidents = new Incidents(things);
  const alerts = new Alerts(things, () => incidents.alerts);
  const world: World = {
    spec,
    spokes,
    alerts,
    incidents,
    get traces() {
      return traces;
    },
    get logs() {
      return logs;
    },
    get inventory() {
      return incidents.inventory;
    },
    get lostGpus() {
      lostGpus ??= new LostGpus(things());
      return lostGpus;
    },
    get families() {
      if (families === undefined || version !== incidents.version) families = allFamilies(incidents, this.lostGpus);
      version = incidents.version;
      return families;
    },
  };
  const traces = new Traces(world, neighbours);
  const logs = new Logs(world);
  return world;
}

function allFamilies(incidents: Incidents, lost: LostGpus): ReadonlyMap<string, MetricFamily> {
  const { inventory } = incidents;
  const all = [
    ...containerFamilies(inventory),
    ...kubeStateFamilies(inventory),
    ...nodeFamilies(inventory),
    ...httpFamilies(inventory, incidents.served),
    ...clientFamilies(inventory, incidents.sent),
    ...certificateFamilies(inventory),
    ...controlPlaneFamilies(inventory),
    ...gpuFamilies(inventory, lost),
  ];
  return new Map(all.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((family) => [family.name, family]));
}
