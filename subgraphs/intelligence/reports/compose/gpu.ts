import { z } from "zod";
import { batches } from "../../../shared/kernel/batches.ts";
import { BATCH, mayHaveGpus, type Range } from "./capacity.ts";
import type { FleetCluster } from "./fleet.ts";
import { ClusterOutcome, missingOf, OUTCOME_FIELDS } from "./outcome.ts";
import type { Questions } from "./questions.ts";
import type { ReportParameters } from "./request.ts";

export const GPUS = "GPUs that there are";
export const WASTE = "GPU waste";
const MOST_DAYS = 31;
const MOST_DEVICES = 100;
export const IDLE_RULE =
  "Idle is less than 5 % busy, at its busiest, for 30 minutes on end, by what its exporter measured.";

const SUMMARY = `query ReportGpus($selector: ClusterSelectorInput) {
  gpuSummary(selector: $selector) {
    total { devices allocated active idle activityUnknown }
    models { model summary { devices allocated active idle } }
    outcomes { ${OUTCOME_FIELDS} }
  }
}`;

const SPENT = `query ReportGpuWaste($selector: ClusterSelectorInput, $range: TimeRangeInput, $prices: [GPUPriceInput!]) {
  gpuWaste(selector: $selector, range: $range, idleBelowPercent: 5, idleFor: "30m", prices: $prices) {
    total {
      devices observedHours busyHours idleHours unallocatedHours outsidePodsHours unknownHours
      idleCost unallocatedCost unpricedDevices
    }
    namespaces { namespace devices allocatedHours idleHours idleCost }
    idleDevices(pageSize: ${MOST_DEVICES}) {
      total
      items { clusterName nodeName uuid model idleHours idleSince idleCost pods { namespace name } }
    }
    unknown { clusterName reason }
    outcomes { ${OUTCOME_FIELDS} }
  }
}`;

const cost = z.number().nullable();
const Sums = z.object({
  devices: z.number(),
  observedHours: z.number(),
  busyHours: z.number(),
  idleHours: z.number(),
  unallocatedHours: z.number(),
  outsidePodsHours: z.number(),
  unknownHours: z.number(),
  idleCost: cost,
  unallocatedCost: cost,
  unpricedDevices: z.number(),
});
const Namespace = z.object({
  namespace: z.string().nullable(),
  devices: z.number(),
  allocatedHours: z.number(),
  idleHours: z.number(),
  idleCost: cost,
});
const Device = z.object({
  clusterName: z.string(),
  nodeName: z.string(),
  uuid: z.string(),
  model: z.string().nullable(),
  idleHours: z.number(),
  idleSince: z.string().nullable(),
  idleCost: cost,
  pods: z.array(z.object({ namespace: z.string(), name: z.string() })),
});
const Spent = z.object({
  gpuWaste: z.object({
    total: Sums,
    namespaces: z.array(Namespace),
    idleDevices: z.object({ total: z.number(), items: z.array(Device) }),
    unknown: z.array(z.object({ clusterName: z.string(), reason: z.string() })),
    outcomes: z.array(ClusterOutcome),
  }),
});
const Tally = z.object({ devices: z.number(), allocated: z.number(), active: z.number(), idle: z.number() });
const Summary = z.object({
  gpuSummary: z.object({
    total: Tally.extend({ activityUnknown: z.number() }),
    models: z.array(z.object({ model: z.string().nullable(), summary: Tally })),
    outcomes: z.array(ClusterOutcome),
  }),
});

export type GpuSummary = z.infer<typeof Summary>["gpuSummary"];
export type NamespaceWaste = z.infer<typeof Namespace>;
export type IdleDevice = z.infer<typeof Device>;
export interface Waste {
  readonly total: z.infer<typeof Sums>;
  readonly namespaces: readonly NamespaceWaste[];
  readonly devices: readonly IdleDevice[];
  readonly devicesTotal: number;
}

/** Null where no cluster has GPUs, or none told. */
export async function gpuSummary(questions: Questions, clusters: readonly FleetCluster[]): Promise<GpuSummary | null> {
  const ids = clusters.filter(mayHaveGpus).map(({ id }) => id);
  if (ids.length === 0) return null;
  const variables = { selector: { ids } };
  const answer = await questions.ask({ what: GPUS, document: SUMMARY, variables, answer: Summary });
  if (!answer) return null;
  for (const missing of missingOf(answer.gpuSummary.outcomes)) questions.missing(GPUS, missing);
  return answer.gpuSummary.total.devices > 0 ? answer.gpuSummary : null;
}

/** How GPUs spent the time, its last month where it is longer. Null where no cluster has any, or none told. */
export async function gpuWaste(
  questions: Questions,
  clusters: readonly FleetCluster[],
  { start, end }: Range,
  prices: ReportParameters["prices"],
): Promise<Waste | null> {
  const earliest = new Date(end.getTime() - MOST_DAYS * 86_400_000);
  const from = start < earliest ? earliest : start;
  if (from > start) {
    const reason = `GPU waste is judged over ${MOST_DAYS} days at most: over the last of the time.`;
    questions.missing(WASTE, { cluster: null, reason, code: null });
  }
  const parts: Waste[] = [];
  for (const batch of batches(clusters.filter(mayHaveGpus), BATCH)) {
    const range = { start: from.toISOString(), end: end.toISOString() };
    const variables = { selector: { ids: batch.map(({ id }) => id) }, range, prices: prices ?? null };
    const answer = await questions.ask({ what: WASTE, document: SPENT, variables, answer: Spent });
    if (!answer) continue;
    const { total, namespaces, idleDevices, unknown, outcomes } = answer.gpuWaste;
    for (const missing of missingOf(outcomes)) questions.missing(WASTE, missing);
    for (const { clusterName: cluster, reason } of unknown) questions.missing(WASTE, { cluster, reason, code: null });
    parts.push({ total, namespaces, devices: idleDevices.items, devicesTotal: idleDevices.total });
  }
  const whole = added(parts);
  return whole && whole.total.devices > 0 ? whole : null;
}

/** Parts that have no cluster in common, as one. */
function added(parts: readonly Waste[]): Waste | null {
  if (parts.length === 0) return null;
  const sum = (of: (part: Waste) => number): number => parts.reduce((all, part) => all + of(part), 0);
  const namespaces = Map.groupBy(
    parts.flatMap((part) => part.namespaces),
    ({ namespace }) => namespace,
  );
  return {
    total: {
      devices: sum(({ total }) => total.devices),
      observedHours: sum(({ total }) => total.observedHours),
      busyHours: sum(({ total }) => total.busyHours),
      idleHours: sum(({ total }) => total.idleHours),
      unallocatedHours: sum(({ total }) => total.unallocatedHours),
      outsidePodsHours: sum(({ total }) => total.outsidePodsHours),
      unknownHours: sum(({ total }) => total.unknownHours),
      idleCost: sumOfKnown(parts.map(({ total }) => total.idleCost)),
      unallocatedCost: sumOfKnown(parts.map(({ total }) => total.unallocatedCost)),
      unpricedDevices: sum(({ total }) => total.unpricedDevices),
    },
    namespaces: [...namespaces]
      .map(([namespace, all]) => ({
        namespace,
        devices: all.reduce((count, each) => count + each.devices, 0),
        allocatedHours: all.reduce((hours, each) => hours + each.allocatedHours, 0),
        idleHours: all.reduce((hours, each) => hours + each.idleHours, 0),
        idleCost: sumOfKnown(all.map(({ idleCost }) => idleCost)),
      }))
      .sort((a, b) => b.idleHours - a.idleHours),
    devices: parts.flatMap((part) => part.devices).sort((a, b) => b.idleHours - a.idleHours),
    devicesTotal: sum(({ devicesTotal }) => devicesTotal),
  };
}

/** Null where not one is known. */
function sumOfKnown(costs: readonly (number | null)[]): number | null {
  const known = costs.filter((each) => each !== null);
  return known.length === 0 ? null : known.reduce((all, each) => all + each, 0);
}
