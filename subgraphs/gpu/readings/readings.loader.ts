import DataLoader from "dataloader";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import { type Outcome, Skip } from "../../shared/kernel/outcome.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { mayBeClaimed, withClaim } from "./claims.mapper.ts";
import type { ClusterReading } from "./exporters.mapper.ts";
import { type ExporterReadings, PATIENCE_MS } from "./exporters.watch.ts";
import type { GpuTarget } from "./gpu-cluster.repository.ts";
import type { GpuClaims, GpuInventories, GpuInventory } from "./inventory.watch.ts";

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

export type ClaimsLoader = DataLoader<GpuTarget, GpuClaims, string>;

/** What claims have of a cluster's GPUs, within one operation. */
export const claimsLoader = (
  { signal }: Pick<Operation, "signal">,
  { inventories }: Pick<ReadingSources, "inventories">,
): ClaimsLoader =>
  new DataLoader((targets) => Promise.all(targets.map((target) => readClaims(target, inventories, signal))), {
    cacheKeyFn: ({ id }) => id,
  });

/** Less than a cluster's patience: what its exporters told must not be lost with it. */
const CLAIMS_MS = 4000;
const NOT_KNOWN = "Which pods have GPUs by resource claims is not known";

/** What claims have of its GPUs, or why nobody tells. Never rejects unless the caller went away. */
export async function readClaims(
  target: GpuTarget,
  inventories: GpuInventories,
  signal: AbortSignal,
): Promise<GpuClaims> {
  const options = { signal, patienceMs: () => CLAIMS_MS };
  const [outcome] = await fanOut([target], (_, patience) => inventories.claims(target, patience), options);
  if (outcome?.value) {
    const { claims, gap } = outcome.value;
    return { claims, gap: gap === null ? null : `${NOT_KNOWN}: ${gap}` };
  }
  signal.throwIfAborted();
  return { claims: new Map(), gap: `${NOT_KNOWN}: ${outcome?.failure?.message ?? "no answer."}` };
}

/** By its exporters, and by resource claims where these may tell more. */
export async function readCluster(
  target: GpuTarget,
  sources: ReadingSources,
  requestId: string,
  signal: AbortSignal,
): Promise<ClusterReading> {
  // Kubernetes tells of nodes and claims as a whole.
  if (target.namespaces) return await sources.exporters.read(target, requestId, signal);
  const reading = await readDevices(target, sources, requestId, signal);
  // Of devices that nvidia-smi alone will see, only claims can tell the pods.
  if (!mayBeClaimed(reading) && !(reading.devices.length === 0 && target.gpuExecEnabled)) return reading;
  const { claims, gap } = await readClaims(target, sources.inventories, signal);
  // Where nobody may ask the API server, nothing failed: each device says that nobody tells.
  const warnings = gap === null || target.credentialsAt === null ? reading.warnings : [...reading.warnings, gap];
  return { ...reading, claims, warnings, devices: reading.devices.map((device) => withClaim(device, claims)) };
}

/** By its exporters. Of a cluster that has GPUs and whose exporters tell of none, at least by Kubernetes which nodes have them. */
async function readDevices(
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
