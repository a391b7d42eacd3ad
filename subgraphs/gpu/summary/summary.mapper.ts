import { rounded } from "../history/heatmap.mapper.ts";
import { ACTIVE_PERCENT } from "../nodes/gpu.filter.ts";
import { type MergedDevice, newest } from "../nodes/merged.mapper.ts";
import { activityOf, isAllocated, type NodeReading } from "../nodes/node-reading.mapper.ts";
import type { PodName } from "../readings/device.mapper.ts";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import type { Owners } from "../readings/workloads.loader.ts";
import { holderOf, keyOf, namespaceOf } from "../readings/workloads.mapper.ts";
import { toWorkload } from "../workload.type.ts";
import type { GPUSummary, NamespaceGPUSummary, WorkloadGPUSummary } from "./summary.type.ts";

/** A node's devices as they are added up. */
export interface Counted {
  node: NodeReading;
  devices: readonly MergedDevice[];
}

const NONE: GPUSummary = {
  nodes: 0,
  devices: 0,
  allocated: 0,
  allocationUnknown: 0,
  active: 0,
  idle: 0,
  activityUnknown: 0,
  utilizationPercent: null,
  memoryTotalMb: 0,
  memoryUsedMb: 0,
  memoryUnknown: 0,
  powerDrawWatts: 0,
  powerUnknown: 0,
};

export function summaryOf(counted: readonly Counted[]): GPUSummary {
  const sum = { ...NONE, nodes: counted.length };
  let busy = 0;
  for (const { node, devices } of counted) {
    for (const merged of devices) {
      const given = isAllocated(merged.device, node);
      const activity = newest(merged, "utilizationGpuPercent")?.value ?? activityOf(merged.device);
      const total = newest(merged, "memoryTotalMb")?.value;
      const used = newest(merged, "memoryUsedMb")?.value;
      const power = newest(merged, "powerDrawWatts")?.value;
      sum.devices += 1;
      sum.allocated += Number(given === true);
      sum.allocationUnknown += Number(given === null);
      sum.active += Number(activity !== null && activity >= ACTIVE_PERCENT);
      sum.idle += Number(given === true && activity !== null && activity < ACTIVE_PERCENT);
      sum.activityUnknown += Number(activity === null);
      busy += activity ?? 0;
      if (total === undefined || used === undefined) sum.memoryUnknown += 1;
      else {
        sum.memoryTotalMb += total;
        sum.memoryUsedMb += used;
      }
      if (power === undefined) sum.powerUnknown += 1;
      else sum.powerDrawWatts += power;
    }
  }
  const known = sum.devices - sum.activityUnknown;
  return {
    ...sum,
    utilizationPercent: known > 0 ? rounded(busy / known) : null,
    powerDrawWatts: rounded(sum.powerDrawWatts),
  };
}

/** Of each model, the most numerous first. */
export function byModel(counted: readonly Counted[]): { model: string | null; summary: GPUSummary }[] {
  return [...Map.groupBy(singly(counted), ({ merged }) => merged.device.name)]
    .map(([model, found]) => ({ model, summary: summaryOfSingle(found) }))
    .sort((a, b) => b.summary.devices - a.summary.devices || ((a.model ?? "") < (b.model ?? "") ? -1 : 1));
}

/** A device that somebody has, and the pods that have it together. */
interface Held {
  node: NodeReading;
  merged: MergedDevice;
  pods: readonly PodName[];
}

const singly = (counted: readonly Counted[]) =>
  counted.flatMap(({ node, devices }) => devices.map((merged) => ({ node, merged })));

const summaryOfSingle = (found: readonly Omit<Held, "pods">[]): GPUSummary =>
  summaryOf(
    [...Map.groupBy(found, ({ node }) => node)].map(([node, all]) => ({
      node,
      devices: all.map(({ merged }) => merged),
    })),
  );

/** Those that pods or claims have. One that is shared or divided counts once, for all its pods together. */
export const heldDevices = (counted: readonly Counted[]): Held[] =>
  singly(counted).flatMap(({ node, merged }) => {
    const { device } = merged;
    const pods = [...device.pods, ...device.instances.flatMap((instance) => instance.pods)];
    return pods.length > 0 || device.claimed ? [{ node, merged, pods }] : [];
  });

/** Of each namespace that has any, the most numerous first. */
export function byNamespace(counted: readonly Counted[]): NamespaceGPUSummary[] {
  const held = heldDevices(counted).filter(({ pods }) => pods.length > 0);
  return [...Map.groupBy(held, ({ pods }) => namespaceOf(pods))]
    .map(([namespace, found]) => ({ namespace, summary: summaryOfSingle(found) }))
    .sort(
      (a, b) => b.summary.devices - a.summary.devices || (a.namespace ?? "").localeCompare(b.namespace ?? "", "en"),
    );
}

/** Of each workload of each cluster, the most numerous first. */
export function byWorkload(held: readonly Held[], ownersOf: (target: GpuTarget) => Owners): WorkloadGPUSummary[] {
  const holders = held.map((each) => ({ ...each, holder: holderOf(each.pods, ownersOf(each.node.target)) }));
  return [...Map.groupBy(holders, ({ node, holder }) => `${node.target.id} ${keyOf(holder)}`).values()]
    .flatMap((found) => {
      const [first] = found;
      return first ? [{ ...toWorkload(first.node.target, first.holder), summary: summaryOfSingle(found) }] : [];
    })
    .sort((a, b) => b.summary.devices - a.summary.devices || placeOf(a).localeCompare(placeOf(b), "en"));
}

const placeOf = ({ clusterName, namespace, kind, name }: WorkloadGPUSummary): string =>
  JSON.stringify([clusterName, namespace, kind, name]);
