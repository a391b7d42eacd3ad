import { ACTIVE_PERCENT } from "../nodes/gpu.filter.ts";
import { type MergedDevice, newest } from "../nodes/merged.mapper.ts";
import { activityOf, isAllocated, type NodeReading } from "../nodes/node-reading.mapper.ts";
import type { GPUSummary } from "./summary.type.ts";

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
  memoryTotalMb: 0,
  memoryUsedMb: 0,
  memoryUnknown: 0,
  powerDrawWatts: 0,
  powerUnknown: 0,
};

export function summaryOf(counted: readonly Counted[]): GPUSummary {
  const sum = { ...NONE, nodes: counted.length };
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
      if (total === undefined || used === undefined) sum.memoryUnknown += 1;
      else {
        sum.memoryTotalMb += total;
        sum.memoryUsedMb += used;
      }
      if (power === undefined) sum.powerUnknown += 1;
      else sum.powerDrawWatts += power;
    }
  }
  return { ...sum, powerDrawWatts: Math.round(sum.powerDrawWatts * 100) / 100 };
}

/** Of each model, the most numerous first. */
export function byModel(counted: readonly Counted[]): { model: string | null; summary: GPUSummary }[] {
  const models = Map.groupBy(
    counted.flatMap(({ node, devices }) => devices.map((merged) => ({ node, merged }))),
    ({ merged }) => merged.device.name,
  );
  return [...models]
    .map(([model, found]) => {
      const nodes = Map.groupBy(found, ({ node }) => node);
      return {
        model,
        summary: summaryOf([...nodes].map(([node, all]) => ({ node, devices: all.map(({ merged }) => merged) }))),
      };
    })
    .sort((a, b) => b.summary.devices - a.summary.devices || ((a.model ?? "") < (b.model ?? "") ? -1 : 1));
}
