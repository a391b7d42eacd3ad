import pLimit from "p-limit";
import type { Cluster as Row } from "../../../prisma/generated/client.ts";
import type { Changes } from "../../shared/fleet/changes.ts";
import type { CapabilitiesRepository } from "./capabilities.repository.ts";
import type { DetectionService } from "./detection.service.ts";

const REFRESH_MS = 10 * 60_000;
/** Each may hold 20 MiB of objects: a fleet of large clusters that all become due at once must not be in memory at once. */
const AT_ONCE = 16;

/** What of a row makes up its capabilities, by the names that an event has for them. */
const TRACKED = {
  platform_version: "platformVersion",
  has_gpu_nodes: "hasGpuNodes",
  gpu_count: "gpuCount",
  gpu_types: "gpuTypes",
  has_prometheus: "hasPrometheus",
  has_thanos: "hasThanos",
  has_tempo: "hasTempo",
  has_loki: "hasLoki",
  has_service_mesh: "hasServiceMesh",
  has_cnf_workloads: "hasCnfWorkloads",
  cnf_types: "cnfTypes",
} as const;

/** A cluster to detect on: null instead of a time has it detected at once. */
export type Due = Pick<Row, "id" | "capabilitiesAt" | "updatedAt" | "credentialsAt">;

interface Dependencies {
  repository: CapabilitiesRepository;
  detection: DetectionService;
  changes: Changes;
}

/** Keeps what clusters have up to date, and tells of changes. */
export class CapabilitiesService {
  readonly #repository: CapabilitiesRepository;
  readonly #detection: DetectionService;
  readonly #changes: Changes;
  readonly #limit = pLimit(AT_ONCE);

  constructor({ repository, detection, changes }: Dependencies) {
    this.#repository = repository;
    this.#detection = detection;
    this.#changes = changes;
  }

  /**
   * Detect what a reachable cluster has, unless that was done within ten minutes and since its registration changed. Resolves when it is
   * written, with an event where anything changed: the first detection is a change from what nobody knew.
   */
  async detectIfDue(cluster: Due, now: Date, signal: AbortSignal): Promise<void> {
    if (isDue(cluster, now)) await this.#limit(() => this.#detect(cluster.id, now, signal));
  }

  async #detect(id: string, now: Date, signal: AbortSignal): Promise<void> {
    const row = signal.aborted ? null : await this.#repository.find(id);
    if (!row) return;
    const detection = await this.#detection.detect(row, signal);
    // An abort says nothing about the cluster.
    if (signal.aborted) return;
    await this.#changes.commit(async (tx, record) => {
      const written = await this.#repository.record(tx, row, now, detection);
      const changed = written && changes(written.before, written.after);
      if (!changed || Object.keys(changed).length === 0) return;
      await record.event({ type: "CLUSTER_CAPABILITIES_CHANGED", cluster: row, payload: { name: row.name, changed } });
    });
  }
}

const isDue = ({ capabilitiesAt, updatedAt, credentialsAt }: Due, now: Date): boolean =>
  capabilitiesAt === null ||
  now.getTime() - capabilitiesAt.getTime() >= REFRESH_MS ||
  updatedAt > capabilitiesAt ||
  (credentialsAt !== null && credentialsAt > capabilitiesAt);

/** The old and new value of each field that differs. Before the first detection a default is no value. */
function changes(before: Row, after: Row): Record<string, { old: unknown; new: unknown }> {
  const known = before.capabilitiesAt !== null;
  return Object.fromEntries(
    Object.entries(TRACKED).flatMap(([name, field]) => {
      const value = after[field];
      const empty = Array.isArray(value) ? [] : null;
      const old = known || field === "platformVersion" ? before[field] : empty;
      return JSON.stringify(old) === JSON.stringify(value) ? [] : [[name, { old, new: value }]];
    }),
  );
}
