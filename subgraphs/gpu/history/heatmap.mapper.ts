import type { PodName, ValueName } from "../readings/device.mapper.ts";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import type { Track } from "./track.mapper.ts";

export type HeatmapKey = "NODE" | "MODEL" | "NAMESPACE" | "WORKLOAD";

export interface HeatmapRow {
  /** Null for devices whose model or workload nobody tells, or that no pod has. */
  key: string | null;
  /** Of a node; all others are those of the fleet. */
  target: GpuTarget | null;
  devices: number;
  values: (number | null)[];
}

export interface ClusterTracks {
  target: GpuTarget;
  tracks: readonly Track[];
}

interface Sums {
  target: GpuTarget | null;
  key: string | null;
  devices: Set<Track>;
  sums: number[];
  counts: number[];
}

export interface HeatmapAsked {
  by: HeatmapKey;
  field: ValueName;
  columns: number;
  most: number;
  /** For rows of workloads: null for a pod whose workload nobody tells. */
  workloadOf?: (target: GpuTarget, pod: PodName) => string | null;
}

/**
 * Each row the mean of its devices, at each column of those that are known then. A device that several share counts once in each of
 * their rows. Of more rows than are wanted, those with the highest mean are kept; they come by cluster and key.
 */
export function heatmapRows(
  clusters: readonly ClusterTracks[],
  { by, field, columns, most, workloadOf = () => null }: HeatmapAsked,
): { rows: HeatmapRow[]; total: number } {
  const all = new Map<string, Sums>();
  for (const { target, tracks } of clusters) {
    for (const track of tracks) {
      const values = track.values[field] ?? [];
      for (const [column, value] of values.entries()) {
        if (value === null) continue;
        for (const key of keysOf(track, column, by, (pod) => workloadOf(target, pod))) {
          const row = rowOf(all, key, by === "NODE" ? target : null, columns);
          row.devices.add(track);
          row.sums[column] = (row.sums[column] ?? 0) + value;
          row.counts[column] = (row.counts[column] ?? 0) + 1;
        }
      }
    }
  }
  const kept = [...all.values()].sort((a, b) => meanOf(b) - meanOf(a)).slice(0, most);
  return { rows: kept.sort(byPlace).map(toRow), total: all.size };
}

function keysOf(
  { node, model, pods }: Track,
  column: number,
  by: HeatmapKey,
  workloadOf: (pod: PodName) => string | null,
): (string | null)[] {
  if (by === "NODE") return [node];
  if (by === "MODEL") return [model];
  const keys = new Set(pods[column]?.map((pod) => (by === "NAMESPACE" ? pod.namespace : workloadOf(pod))));
  return keys.size === 0 ? [null] : [...keys];
}

function rowOf(all: Map<string, Sums>, key: string | null, target: GpuTarget | null, columns: number): Sums {
  const id = JSON.stringify([target?.id, key]);
  const known = all.get(id);
  if (known) return known;
  const zeros = (): number[] => Array.from({ length: columns }, () => 0);
  const made = { target, key, devices: new Set<Track>(), sums: zeros(), counts: zeros() };
  all.set(id, made);
  return made;
}

const added = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);
const meanOf = ({ sums, counts }: Sums): number => added(sums) / added(counts);

const toRow = ({ key, target, devices, sums, counts }: Sums): HeatmapRow => ({
  key,
  target,
  devices: devices.size,
  values: sums.map((sum, column) => (counts[column] ? rounded(sum / counts[column]) : null)),
});

export const rounded = (value: number): number => Math.round(value * 100) / 100;

const byPlace = (a: Sums, b: Sums): number =>
  compare(a.target?.name ?? "", b.target?.name ?? "") || compare(a.key ?? "\uffff", b.key ?? "\uffff");
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
