import type { Window } from "../../shared/kernel/time-range.ts";
import type { Pods, Track } from "../history/track.mapper.ts";
import type { PodName, Source } from "../readings/device.mapper.ts";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import type { IdleRule } from "./waste.plan.ts";

/** What a device was in one step. IDLE: a pod had it and left it alone; OUTSIDE_PODS: no pod had it, and yet it was busy. */
export type StepState = "BUSY" | "IDLE" | "UNALLOCATED" | "OUTSIDE_PODS" | "UNKNOWN" | "UNSEEN";

export interface DeviceWaste {
  target: GpuTarget;
  uuid: string;
  node: string;
  index: number | null;
  model: string | null;
  /** Steps in each state. */
  steps: Record<StepState, number>;
  /** Why steps are unknown. */
  reason: string | null;
  /** Of the steps in which it was allocated, by who had it together: nobody, where a claim is reserved for no pod. */
  holders: Map<Pods, { allocated: number; idle: number }>;
  /** Since when it is idle, if it still was when it was last seen; in unix seconds. */
  idleSince: number | null;
  /** When it was last seen. */
  pods: readonly PodName[];
  memoryUsedMb: number | null;
}

/** Who tells of pods in a cluster: then a device without one has none. */
export const tellersOf = (tracks: readonly Track[]): ReadonlySet<Source> =>
  new Set(tracks.filter(({ pods }) => pods.some((each) => each.length > 0)).map(({ source }) => source));

const NOBODY: Pods = [];

type Looked = StepState | "STILL";

/** A device counts once, however many pods share it, and however many parts it has: it is idle where all of it is. */
export function wasteOf(
  target: GpuTarget,
  track: Track,
  { rule, window, tellPods }: { rule: IdleRule; window: Window; tellPods: ReadonlySet<Source> },
): DeviceWaste {
  const looked = track.pods.map((_, column) => look(track, column, rule, tellPods));
  const states = settled(
    looked.map(({ state }) => state),
    rule.forSeconds / window.step,
  );
  const steps: DeviceWaste["steps"] = { BUSY: 0, IDLE: 0, UNALLOCATED: 0, OUTSIDE_PODS: 0, UNKNOWN: 0, UNSEEN: 0 };
  const holders: DeviceWaste["holders"] = new Map();
  for (const [column, state] of states.entries()) {
    steps[state] += 1;
    if (state !== "BUSY" && state !== "IDLE") continue;
    const pods = track.pods[column] ?? NOBODY;
    const sums = holders.get(pods) ?? { allocated: 0, idle: 0 };
    holders.set(pods, { allocated: sums.allocated + 1, idle: sums.idle + Number(state === "IDLE") });
  }
  const last = states.findLastIndex((state) => state !== "UNSEEN");
  const before = states.findLastIndex((state, column) => column <= last && state !== "IDLE");
  const { uuid, node, index, model } = track;
  return {
    target,
    uuid,
    node,
    index,
    model,
    steps,
    reason: looked.find(({ state }) => state === "UNKNOWN")?.reason ?? null,
    holders,
    idleSince: states[last] === "IDLE" ? window.start + before * window.step : null,
    pods: track.pods[last] ?? [],
    memoryUsedMb: track.values.memoryUsedMb?.[last] ?? null,
  };
}

const UNCLAIMED = "Who has it only resource claims tell, and these are known as they are now, if at all.";

function look(
  { values, pods, source, claim }: Track,
  column: number,
  { belowPercent, memoryBelowPercent }: IdleRule,
  tellPods: ReadonlySet<Source>,
): { state: Looked; reason?: string } {
  const busy = values.utilizationGpuPercent?.[column] ?? null;
  const used = values.memoryUsedMb?.[column] ?? null;
  if (busy === null && used === null) return { state: "UNSEEN" };
  if (busy === null) return { state: "UNKNOWN", reason: "Nobody tells how busy it was." };
  if (claim && (claim.allocated === null || column < claim.from)) return { state: "UNKNOWN", reason: UNCLAIMED };
  const allocated = claim?.allocated ?? (pods[column]?.length ?? 0) > 0;
  if (!claim && !allocated && !tellPods.has(source)) {
    return { state: "UNKNOWN", reason: "Nobody tells which pods have GPUs in its cluster." };
  }
  if (busy >= belowPercent) return { state: allocated ? "BUSY" : "OUTSIDE_PODS" };
  if (!allocated) return { state: "UNALLOCATED" };
  if (memoryBelowPercent >= 100) return { state: "STILL" };
  const free = values.memoryFreeMb?.[column];
  const total = values.memoryTotalMb?.[column] ?? (typeof free === "number" && used !== null ? free + used : null);
  if (used === null || !total) return { state: "UNKNOWN", reason: "Nobody tells how much of its memory was in use." };
  return { state: (used / total) * 100 < memoryBelowPercent ? "STILL" : "BUSY" };
}

/** A pause is waste only if it lasts; a shorter one belongs to work. */
function settled(states: readonly Looked[], least: number): StepState[] {
  const settledStates: StepState[] = [];
  for (let from = 0; from < states.length; ) {
    const state = states[from] ?? "UNSEEN";
    let to = from + 1;
    while (state === "STILL" && states[to] === "STILL") to += 1;
    const is = state !== "STILL" ? state : to - from >= least ? "IDLE" : "BUSY";
    for (; from < to; from += 1) settledStates.push(is);
  }
  return settledStates;
}
