import { LRUCache } from "lru-cache";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { LokiClient } from "../../shared/upstreams/loki/client.ts";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import { type LoggedXids, readXids } from "./kernel-log.mapper.ts";

/** How far back the first look goes, and none goes further. */
export const LOOK_BACK_MS = 3_600_000;
/** Lines arrive late: each look goes back over the end of the one before. */
const OVERLAP_MS = 2 * 60_000;
const LABELS_FRESH_MS = 10 * 60_000;
const REMEMBERED = 5000;
/** Of one look, the newest; more are a storm, and told as one by these too. */
const MOST_LINES = 1000;

/**
 * A selector needs a label that streams have, and no label is everywhere. Lines of containers, which have a pod, are left out: the
 * kernel writes to the nodes' journals, and these are few.
 */
const EVERYWHERE = [
  "service_name",
  "job",
  "node",
  "node_name",
  "hostname",
  "host",
  "log_type",
  "kubernetes_host",
  "k8s_node_name",
  "filename",
];
const OF_PODS = ["pod", "pod_name", "kubernetes_pod_name", "k8s_pod_name"];

/** Null where the server has no label by which all of them can be selected. */
export function kernelQuery(labels: readonly string[]): string | null {
  const label = EVERYWHERE.find((each) => labels.includes(each));
  if (label === undefined) return null;
  const without = OF_PODS.filter((each) => labels.includes(each)).map((each) => `,${each}=""`);
  return `{${label}=~".+"${without.join("")}} |= "NVRM: Xid"`;
}

/** XIDs that only the nodes' kernels tell, by their clusters' Loki: one query for each cluster and look. */
export class KernelLogs {
  readonly #clients: Pick<FleetClients, "loki">;
  readonly #clock: Clock;
  readonly #readUpTo = new LRUCache<string, number>({ max: REMEMBERED });
  readonly #queries = new LRUCache<string, { query: string | null }>({ max: REMEMBERED, ttl: LABELS_FRESH_MS });

  constructor(options: { clients: Pick<FleetClients, "loki">; clock: Clock }) {
    this.#clients = options.clients;
    this.#clock = options.clock;
  }

  /** What has been written since the last look. @throws Skip(NO_ENDPOINT) where it has no Loki; a coded error where that fails */
  async read(target: GpuTarget, requestId: string, signal: AbortSignal): Promise<LoggedXids> {
    const client = await this.#clients.loki(target);
    const key = `${target.id} ${target.lokiUrl} ${target.lokiTenant}`;
    const now = this.#clock.now().getTime();
    const since = (this.#readUpTo.get(key) ?? 0) - OVERLAP_MS;
    const range = { start: nanos(Math.max(since, now - LOOK_BACK_MS)), end: nanos(now) };
    const query = await this.#query(client, key, { signal, requestId });
    const asked = { ...range, query, direction: "BACKWARD" as const, limit: MOST_LINES };
    const { streams } = await client.lines(asked, { signal, requestId });
    this.#readUpTo.set(key, now);
    return readXids(streams);
  }

  async #query(client: LokiClient, key: string, options: { signal: AbortSignal; requestId: string }): Promise<string> {
    let known = this.#queries.get(key);
    if (!known) {
      const now = this.#clock.now().getTime();
      const { items } = await client.labels({ start: nanos(now - LOOK_BACK_MS), end: nanos(now) }, options);
      known = { query: kernelQuery(items) };
      this.#queries.set(key, known);
    }
    if (known.query !== null) return known.query;
    throw new CodedError("NO_ENDPOINT", `Its Loki knows none of the labels ${EVERYWHERE.join(", ")}.`);
  }
}

const nanos = (ms: number): bigint => BigInt(ms) * 1_000_000n;
