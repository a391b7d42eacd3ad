import { rounded } from "../history/heatmap.mapper.ts";
import type { Pods } from "../history/track.mapper.ts";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import type { Owners } from "../readings/workloads.loader.ts";
import { holderOf, keyOf, namespaceOf } from "../readings/workloads.mapper.ts";
import { toWorkload } from "../workload.type.ts";
import type { DeviceWaste, StepState } from "./device-waste.mapper.ts";
import type { ClusterGPUWaste, GPUWasteSums, ModelGPUWaste, NamespaceGPUWaste, UnknownGPUWaste } from "./waste.type.ts";
import type { WorkloadGPUWaste } from "./waste-workload.type.ts";

type GPUHeldSums = Omit<NamespaceGPUWaste, "namespace">;

/** What an hour of a model costs. */
export interface ModelPrice {
  model: string;
  perHour: number;
}

/** How steps become hours, and hours money. */
export class Rates {
  readonly #step: number;
  readonly #prices: ReadonlyMap<string, number>;

  constructor(stepSeconds: number, prices: readonly ModelPrice[]) {
    this.#step = stepSeconds;
    this.#prices = new Map(prices.map(({ model, perHour }) => [model.toLowerCase(), perHour]));
  }

  hours(steps: number): number {
    return (steps * this.#step) / 3600;
  }

  /** Null without a price for the device's model. */
  cost({ model }: Pick<DeviceWaste, "model">, steps: number): number | null {
    const price = model === null ? undefined : this.#prices.get(model.toLowerCase());
    return price === undefined ? null : this.hours(steps) * price;
  }
}

/** Null where not one is known. */
function sumOf(costs: readonly (number | null)[]): number | null {
  const known = costs.filter((cost) => cost !== null);
  return known.length === 0 ? null : rounded(known.reduce((sum, cost) => sum + cost, 0));
}

export function sumsOf(devices: readonly DeviceWaste[], rates: Rates): GPUWasteSums {
  const hours = (...states: StepState[]): number => {
    const steps = devices.flatMap((device) => states.map((state) => device.steps[state]));
    return rounded(rates.hours(steps.reduce((sum, each) => sum + each, 0)));
  };
  const cost = (state: StepState) => sumOf(devices.map((device) => rates.cost(device, device.steps[state])));
  return {
    devices: devices.length,
    observedHours: hours("BUSY", "IDLE", "UNALLOCATED", "OUTSIDE_PODS", "UNKNOWN"),
    busyHours: hours("BUSY"),
    idleHours: hours("IDLE"),
    unallocatedHours: hours("UNALLOCATED"),
    outsidePodsHours: hours("OUTSIDE_PODS"),
    unknownHours: hours("UNKNOWN"),
    idleCost: cost("IDLE"),
    unallocatedCost: cost("UNALLOCATED"),
    unpricedDevices: devices.filter((device) => rates.cost(device, 0) === null).length,
  };
}

export function byCluster(devices: readonly DeviceWaste[], rates: Rates): ClusterGPUWaste[] {
  return [...Map.groupBy(devices, ({ target }) => target)].map(([{ id, name }, all]) => ({
    clusterId: id,
    clusterName: name,
    cluster: { id },
    sums: sumsOf(all, rates),
  }));
}

export function byModel(devices: readonly DeviceWaste[], rates: Rates): ModelGPUWaste[] {
  return [...Map.groupBy(devices, ({ model }) => model)]
    .map(([model, all]) => ({ model, sums: sumsOf(all, rates) }))
    .sort((a, b) => b.sums.idleHours - a.sums.idleHours || (a.model ?? "").localeCompare(b.model ?? "", "en"));
}

/** What pods had of a device. */
interface Share {
  device: DeviceWaste;
  pods: Pods;
  allocated: number;
  idle: number;
}

const sharesOf = (devices: readonly DeviceWaste[]): Share[] =>
  devices.flatMap((device) => [...device.holders].map(([pods, steps]) => ({ device, pods, ...steps })));

function heldSums(shares: readonly Share[], rates: Rates): GPUHeldSums {
  const devices = [...new Set(shares.map(({ device }) => device))];
  return {
    devices: devices.length,
    allocatedHours: rounded(rates.hours(shares.reduce((sum, { allocated }) => sum + allocated, 0))),
    idleHours: rounded(rates.hours(shares.reduce((sum, { idle }) => sum + idle, 0))),
    idleCost: sumOf(shares.map(({ device, idle }) => rates.cost(device, idle))),
    unpricedDevices: devices.filter((device) => rates.cost(device, 0) === null).length,
  };
}

/** Whose pods had the devices. */
export const holdersIn = (devices: readonly DeviceWaste[]): { target: GpuTarget; pods: Pods }[] =>
  sharesOf(devices).map(({ device, pods }) => ({ target: device.target, pods }));

/** Of each workload of each cluster, the worst first. */
export function byWorkload(
  devices: readonly DeviceWaste[],
  rates: Rates,
  ownersOf: (target: GpuTarget) => Owners,
): WorkloadGPUWaste[] {
  const shares = sharesOf(devices).map((share) => ({
    ...share,
    holder: holderOf(share.pods, ownersOf(share.device.target)),
  }));
  return [...Map.groupBy(shares, ({ device, holder }) => `${device.target.id} ${keyOf(holder)}`).values()]
    .flatMap((all) => {
      const [first] = all;
      return first ? [{ ...toWorkload(first.device.target, first.holder), ...heldSums(all, rates) }] : [];
    })
    .sort(
      (a, b) =>
        b.idleHours - a.idleHours ||
        b.allocatedHours - a.allocatedHours ||
        `${a.clusterName}/${a.namespace}/${a.name}`.localeCompare(`${b.clusterName}/${b.namespace}/${b.name}`, "en"),
    );
}

/** The worst first. */
export function byNamespace(devices: readonly DeviceWaste[], rates: Rates): NamespaceGPUWaste[] {
  return [...Map.groupBy(sharesOf(devices), ({ pods }) => namespaceOf(pods))]
    .map(([namespace, all]) => ({ namespace, ...heldSums(all, rates) }))
    .sort((a, b) => b.idleHours - a.idleHours || (a.namespace ?? "").localeCompare(b.namespace ?? "", "en"));
}

/** What could not be judged, and why. */
export function unknownOf(devices: readonly DeviceWaste[], rates: Rates): UnknownGPUWaste[] {
  const unknown = devices.filter(({ steps, reason }) => steps.UNKNOWN > 0 && reason !== null);
  return [...Map.groupBy(unknown, ({ target, reason }) => `${target.id} ${reason}`).values()].flatMap((all) => {
    const [first] = all;
    if (!first) return [];
    const { id, name } = first.target;
    const steps = all.reduce((sum, device) => sum + device.steps.UNKNOWN, 0);
    return [
      {
        clusterId: id,
        clusterName: name,
        cluster: { id },
        reason: first.reason ?? "",
        devices: all.length,
        hours: rounded(rates.hours(steps)),
      },
    ];
  });
}

/** Those that were wasted longest first. */
export const idleOf = (devices: readonly DeviceWaste[]): DeviceWaste[] =>
  devices
    .filter(({ steps }) => steps.IDLE > 0)
    .sort((a, b) => b.steps.IDLE - a.steps.IDLE || (a.uuid < b.uuid ? -1 : 1));
