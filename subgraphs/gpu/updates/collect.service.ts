import type { Changes } from "../../shared/fleet/changes.ts";
import type { GpuUpdatePayload } from "../../shared/kernel/bus/payloads.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { HealthChanges, KnownEvent, OverXid } from "../health/health.detector.ts";
import type { Expected, HealthCollectionService, LogLook } from "../health/health-collection.service.ts";
import { type MergedDevice, mergedDevices, type SmiState } from "../nodes/merged.mapper.ts";
import { nodesIn } from "../nodes/node-reading.mapper.ts";
import type { ClusterReading } from "../readings/exporters.mapper.ts";
import { PATIENCE_MS } from "../readings/exporters.watch.ts";
import type { GpuClusterRepository, GpuTarget } from "../readings/gpu-cluster.repository.ts";
import { type ReadingSources, readCluster } from "../readings/readings.loader.ts";
import type { SmiReadings } from "../smi/smi.watch.ts";
import type { CollectionRepository } from "./collection.repository.ts";
import { type Collection, toReading, toTold } from "./told.mapper.ts";
import { planUpdate, type Update } from "./update.plan.ts";

export interface CollectOptions {
  clusters: GpuClusterRepository;
  collections: CollectionRepository;
  sources: ReadingSources;
  smi: SmiReadings;
  health: HealthCollectionService;
  changes: Changes;
  clock: Clock;
  onInternalError: (error: unknown) => void;
}

const AT_ONCE = 32;
/** Whose doing it is, in the audit log. */
const SYSTEM = {
  identity: { user: "system", groups: [], roles: ["admin" as const], tenant: "", scope: null },
  requestId: "gpu-collection",
};

/** What was known of a cluster, and what else was asked for beside its devices. */
interface Before {
  last: Collection | null;
  known: readonly KnownEvent[];
  expected: Expected;
  over: readonly OverXid[];
  log: LogLook;
}

/** Reads clusters' GPUs for nobody in particular, keeps what was told of them, and tells what has changed: one event a node. */
export class CollectService {
  readonly #options: CollectOptions;

  constructor(options: CollectOptions) {
    this.#options = options;
  }

  /** @param withSmi of which nvidia-smi is asked, too, where it may be. */
  async collect(clusterIds: readonly string[], withSmi: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const { clusters, collections, sources, health, onInternalError } = this.#options;
    const [targets, last, standing, ended] = await Promise.all([
      clusters.targets(clusterIds),
      collections.of(clusterIds),
      health.standing(clusterIds),
      health.ended(clusterIds),
    ]);
    const unchanged: string[] = [];
    const outcomes = await fanOut(
      targets,
      (target, patience) => readCluster(target, sources, SYSTEM.requestId, patience),
      { signal, patienceMs: () => PATIENCE_MS, concurrency: AT_ONCE, onInternalError },
    );
    const read = targets.map((target, index) => ({ target, reading: outcomes[index]?.value }));
    const [logs, ...expected] = await Promise.all([
      health.logged(read, { signal, requestId: SYSTEM.requestId, onInternalError }),
      ...read.map(
        async ({ target, reading }) => reading && (await health.expected(target, nodesIn(target, reading), signal)),
      ),
    ]);
    for (const [index, target] of targets.entries()) {
      const outcome = outcomes[index];
      if (signal.aborted || !outcome) return;
      const before = {
        last: last.get(target.id) ?? null,
        known: standing.get(target.id) ?? [],
        expected: expected[index] ?? new Map(),
        over: ended.get(target.id) ?? [],
        log: logs[index] ?? { xids: null, gap: null },
      };
      const told = await this.#tell(target, outcome, before, withSmi.has(target.id), signal);
      if (!told) unchanged.push(target.id);
    }
    const gaps = new Map(targets.map(({ id }, index) => [id, logs[index]?.gap ?? null]));
    for (const [gap, ids] of Map.groupBy(unchanged, (id) => gaps.get(id) ?? null)) {
      await collections.touch(ids, this.#options.clock.now(), gap);
    }
  }

  /** Whether anything was written. */
  async #tell(
    target: GpuTarget,
    { value: reading, failure }: Outcome<ClusterReading>,
    { last, known, expected, over, log }: Before,
    withSmi: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { collections, health, clock } = this.#options;
    if (!reading) {
      await collections.failed(target.id, failure?.message ?? "No answer.");
      return true;
    }
    const merged = await this.#merged(target, reading, withSmi, signal);
    const seen = Object.fromEntries([...merged].map(([uuid, device]) => [uuid, toTold(device)]));
    const update = planUpdate(last, seen, clock.now(), withSmi && target.gpuExecEnabled);
    const nodes = nodesIn(target, reading);
    const { collection } = update;
    const changes = health.look({ nodes, devices: merged.values(), collection, known, expected, over, xids: log.xids });
    const nothing = last === null ? merged.size === 0 : !update.differs;
    if (nothing && changes === null) return false;
    await this.#write(target, update, merged, { changes, gap: log.gap });
    return true;
  }

  async #merged(
    target: GpuTarget,
    reading: ClusterReading,
    withSmi: boolean,
    signal: AbortSignal,
  ): Promise<Map<string, MergedDevice>> {
    const { smi, onInternalError } = this.#options;
    const nodes = nodesIn(target, reading);
    const names = withSmi && target.gpuExecEnabled ? nodes.map(({ name }) => name) : [];
    const told = names.length > 0 ? await smi.read(target, names, SYSTEM, { signal, onInternalError }) : [];
    const devices = nodes.flatMap((node, index) => {
      const run = told[index]?.value;
      const state: SmiState = run ? { reading: run } : { reason: "Not asked this time." };
      return mergedDevices(node, state);
    });
    return new Map(devices.map((device) => [device.device.uuid, device]));
  }

  async #write(
    target: GpuTarget,
    update: Update,
    merged: ReadonlyMap<string, MergedDevice>,
    { changes: troubles, gap }: { changes: HealthChanges | null; gap: string | null },
  ): Promise<void> {
    const { collections, health, changes, clock } = this.#options;
    const now = clock.now();
    await changes.commit(async (tx, record) => {
      const kept = { devices: update.collection, collectedAt: now, lastError: gap };
      await collections.write(tx, target.id, kept);
      const events = [...update.changed].map(([node, uuids]) => {
        const gpus = uuids.flatMap((uuid) => {
          const told = update.collection[uuid];
          return told ? [toReading(uuid, told, merged.get(uuid))] : [];
        });
        const payload: GpuUpdatePayload = {
          cluster_name: target.name,
          node_name: node,
          gpus,
          last_updated: now.toISOString(),
        };
        return { type: "GPU_UPDATE" as const, cluster: target, payload };
      });
      if (events.length > 0) await record.event(...events);
      if (troubles) await health.write(tx, record, target, troubles);
    });
  }
}
