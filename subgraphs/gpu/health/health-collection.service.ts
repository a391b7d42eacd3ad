import { LRUCache } from "lru-cache";
import type { Prisma } from "../../../prisma/generated/client.ts";
import type { Recorder } from "../../shared/fleet/changes.ts";
import type { GpuHealthPayload } from "../../shared/kernel/bus/payloads.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import { Skip } from "../../shared/kernel/outcome.ts";
import type { MergedDevice } from "../nodes/merged.mapper.ts";
import type { NodeReading } from "../nodes/node-reading.mapper.ts";
import type { ClusterReading } from "../readings/exporters.mapper.ts";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import type { GpuInventories, GpuInventory } from "../readings/inventory.watch.ts";
import { factsByKubernetes, factsByMetrics } from "../readings/node-facts.plan.ts";
import type { Collection } from "../updates/told.mapper.ts";
import { detect, type HealthChanges, type KnownEvent, type OverXid, sourceOf } from "./health.detector.ts";
import type { HealthEventRepository } from "./health-event.repository.ts";
import type { LoggedXid, LoggedXids } from "./kernel-log.mapper.ts";
import { type KernelLogs, LOOK_BACK_MS } from "./kernel-log.watch.ts";
import { loggedTroubles } from "./logged-xid.detector.ts";
import { absences } from "./missing.detector.ts";

/** How many devices a node should have changes by hand: Kubernetes is asked so seldom, however often devices are read. */
const EXPECTED_MS = 5 * 60_000;
const PATIENCE_MS = 10_000;
const REMEMBERED = 5000;
const LOGS_AT_ONCE = 16;
/** Of one cluster and look; more are told by the next one. */
const MOST_EVENTS = 5000;

/** Health as it is collected: what a look at a cluster changes in what is kept of it, and told. */
export class HealthCollectionService {
  readonly #events: HealthEventRepository;
  readonly #inventories: GpuInventories;
  readonly #logs: KernelLogs;
  readonly #clock: Clock;
  readonly #asked = new LRUCache<string, { inventory: GpuInventory | null }>({ max: REMEMBERED, ttl: EXPECTED_MS });

  constructor(options: {
    events: HealthEventRepository;
    inventories: GpuInventories;
    logs: KernelLogs;
    clock: Clock;
  }) {
    this.#events = options.events;
    this.#inventories = options.inventories;
    this.#logs = options.logs;
    this.#clock = options.clock;
  }

  standing(clusterIds: readonly string[]): Promise<Map<string, KnownEvent[]>> {
    return this.#events.standing(clusterIds);
  }

  /** XIDs of each cluster that are over, and that its kernels' log may still tell of. */
  ended(clusterIds: readonly string[]): Promise<Map<string, OverXid[]>> {
    return this.#events.ended(clusterIds, new Date(this.#clock.now().getTime() - LOOK_BACK_MS));
  }

  /** Of clusters with NVIDIA's devices and a Loki, what their kernels wrote; and why that is not known. In their order. */
  async logged(
    read: readonly { target: GpuTarget; reading: ClusterReading | undefined }[],
    { signal, requestId, onInternalError }: { signal: AbortSignal; requestId: string; onInternalError: OnError },
  ): Promise<LogLook[]> {
    const ask = async ({ target, reading }: (typeof read)[number], patience: AbortSignal): Promise<LoggedXids> => {
      if (!reading || !hasNvidia(reading)) throw new Skip("NO_CAPABILITY", "The cluster has no devices of NVIDIA's.");
      return await this.#logs.read(target, requestId, patience);
    };
    const options = { signal, patienceMs: () => PATIENCE_MS, concurrency: LOGS_AT_ONCE, onInternalError };
    const outcomes = await fanOut(read, ask, options);
    return outcomes.map(({ status, value, failure }) => {
      if (value) {
        const { xids, unplaced } = value;
        return { xids, gap: unplaced === 0 ? null : `The kernels' log: ${unplaced} XIDs name no node.` };
      }
      return { xids: null, gap: status === "SKIPPED" ? null : `The kernels' log: ${failure?.message ?? "no answer."}` };
    });
  }

  /** Null where nothing has changed. */
  look({ nodes, devices, collection, known, expected, xids, over }: CollectedHealth): HealthChanges | null {
    const all = [...devices];
    const seen = all.map((merged) => ({
      node: merged.node.name,
      device: merged.device.uuid,
      signals: merged.device.signals,
    }));
    const addressed = all.map(({ device, node, smiGpu }) => ({
      ...device,
      node: node.name,
      pciBusId: device.pciBusId ?? smiGpu?.pciBusId ?? null,
    }));
    const logged = xids && loggedTroubles(xids, addressed, collection);
    const look = { seen, ...absences(nodes, { collection, expected, known }), logged, over };
    const { begun, changed } = detect(known, look, this.#clock.now());
    if (begun.length + changed.length === 0) return null;
    return { begun: begun.slice(0, MOST_EVENTS), changed: changed.slice(0, MOST_EVENTS) };
  }

  /** What begins, what ends, and an XID that comes once more are told. */
  async write(
    tx: Prisma.TransactionClient,
    record: Recorder,
    target: GpuTarget,
    changes: HealthChanges,
  ): Promise<void> {
    const { begun, changed } = await this.#events.write(tx, target, changes);
    const news = [
      ...begun.map((event) => ({ event, clearedAt: null })),
      ...changed
        .filter(({ clearedAt, recurred, kind }) => clearedAt !== null || (recurred && kind === "XID"))
        .map((event) => ({ event, clearedAt: event.clearedAt })),
    ];
    const events = news.map(({ event, clearedAt }) => {
      const payload: GpuHealthPayload = {
        cluster_name: target.name,
        health_event_id: event.id,
        node_name: event.nodeName,
        device: event.device,
        kind: event.kind,
        code: event.code,
        severity: event.severity,
        message: event.message,
        occurrences: event.occurrences,
        first_seen_at: event.firstSeenAt.toISOString(),
        last_seen_at: event.lastSeenAt.toISOString(),
        source: sourceOf(event),
        cleared_at: clearedAt?.toISOString() ?? null,
      };
      return { type: "GPU_HEALTH" as const, cluster: target, payload };
    });
    if (events.length > 0) await record.event(...events);
  }

  /** How many devices each node should have; null where nobody can say. */
  async expected(target: GpuTarget, nodes: readonly NodeReading[], signal: AbortSignal): Promise<Expected> {
    const told = nodes.filter(({ devices }) => devices.length > 0);
    const facts = told.map((node) => ({ node, facts: factsByMetrics(node.devices, node.resources) }));
    const inventory = facts.some((each) => each.facts === null) ? await this.#inventory(target, signal) : null;
    return new Map(
      facts.map(({ node, facts: byMetrics }) => {
        if (byMetrics) return [node.name, byMetrics.expected];
        if (!inventory) return [node.name, null];
        const pools = inventory.pools.filter((pool) => pool.node === node.name);
        return [node.name, factsByKubernetes(node.devices, inventory.nodes.get(node.name), pools).expected];
      }),
    );
  }

  /** Null where Kubernetes does not tell: then nobody knows, until it is asked again. */
  async #inventory(target: GpuTarget, signal: AbortSignal): Promise<GpuInventory | null> {
    const key = `${target.id} ${target.apiServerUrl}`;
    const kept = this.#asked.get(key);
    if (kept) return kept.inventory;
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    const inventory = await this.#inventories.read(target, patience).catch(() => null);
    this.#asked.set(key, { inventory });
    return inventory;
  }
}

export type Expected = ReadonlyMap<string, number | null>;

/** What a look at a cluster brought. */
export interface CollectedHealth {
  nodes: readonly NodeReading[];
  devices: Iterable<MergedDevice>;
  collection: Collection;
  known: readonly KnownEvent[];
  expected: Expected;
  /** What the kernels' log told; null where it was not read. */
  xids: readonly LoggedXid[] | null;
  over: readonly OverXid[];
}

/** What a look at a cluster's log brought. */
export interface LogLook {
  xids: readonly LoggedXid[] | null;
  /** What makes it incomplete, or why there is none; null also where there is no log to read. */
  gap: string | null;
}

type OnError = (error: unknown) => void;

const hasNvidia = ({ devices, nodes }: ClusterReading): boolean =>
  devices.some(({ vendor }) => vendor === "NVIDIA") ||
  [...nodes.values()].some(({ capacity }) => Object.keys(capacity).some((name) => name.startsWith("nvidia_")));
