import DataLoader from "dataloader";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import { type Outcome, Skip } from "../../shared/kernel/outcome.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { ClusterReading } from "./exporters.mapper.ts";
import { type ExporterReadings, PATIENCE_MS } from "./exporters.watch.ts";
import type { GpuTarget } from "./gpu-cluster.repository.ts";
import type { GpuInventories, GpuInventory } from "./inventory.watch.ts";

export type ReadingLoader = DataLoader<GpuTarget, Outcome<ClusterReading>, string>;
export type InventoryLoader = DataLoader<GpuTarget, Outcome<GpuInventory>, string>;

export interface ReadingSources {
  exporters: ExporterReadings;
  inventories: GpuInventories;
  clock: Clock;
}

/** A cluster's readings, within one operation: fields that ask alike show the same moment, and a failure is one cluster's own. */
export const readingLoader = (
  { requestId, signal }: Pick<Operation, "requestId" | "signal">,
  sources: ReadingSources,
  onInternalError: (error: unknown) => void,
): ReadingLoader =>
  new DataLoader(
    (targets) =>
      fanOut(targets, (target, patience) => readCluster(target, sources, requestId, patience), {
        signal,
        patienceMs: () => PATIENCE_MS,
        onInternalError,
      }),
    { cacheKeyFn: ({ id }) => id },
  );

/** What Kubernetes has of a cluster's GPUs, within one operation. */
export const inventoryLoader = (
  { signal }: Pick<Operation, "signal">,
  { inventories }: ReadingSources,
  onInternalError: (error: unknown) => void,
): InventoryLoader =>
  new DataLoader(
    (targets) =>
      fanOut(targets, (target, patience) => inventories.read(target, patience), {
        signal,
        patienceMs: () => PATIENCE_MS,
        onInternalError,
      }),
    { cacheKeyFn: ({ id }) => id },
  );

/** By its exporters. Of a cluster that has GPUs and whose exporters tell of none, at least by Kubernetes which nodes have them. */
export async function readCluster(
  target: GpuTarget,
  { exporters, inventories, clock }: ReadingSources,
  requestId: string,
  signal: AbortSignal,
): Promise<ClusterReading> {
  const told = await exporters.read(target, requestId, signal).catch((error: unknown) => {
    if (error instanceof Skip && target.hasGpuNodes) return null;
    throw error;
  });
  if (told && (told.devices.length > 0 || told.nodes.size > 0 || !target.hasGpuNodes)) return told;
  try {
    const { nodes } = await inventories.read(target, signal);
    const bare = [...nodes.keys()].map((name) => [name, { capacity: {}, requested: 0, labels: null }] as const);
    return { observedAt: clock.now(), devices: [], tellPods: new Set(), warnings: [], ...told, nodes: new Map(bare) };
  } catch (error) {
    if (!told || !(error instanceof CodedError)) throw error;
    return { ...told, warnings: [...told.warnings, `No exporter tells of GPUs, and of the nodes: ${error.message}`] };
  }
}
