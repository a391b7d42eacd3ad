import type { AlertWord } from "./alert-word.mapper.ts";
import type { AlertingCluster, IngestService } from "./ingest.service.ts";

export interface DeliveryLimits {
  /** Bytes of notifications that are taken and not yet written: of one cluster, and of all. */
  clusterBytes: number;
  bytes: number;
  /** Clusters that are written at once. */
  writers: number;
}

interface Waiting {
  words: readonly AlertWord[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** What even an empty notification costs. */
const LEAST_BYTES = 4096;

/**
 * Notifications on their way to the database. What waits is bounded, for each cluster too, so that one in trouble leaves room for
 * the others; clusters are written in turn, each by one writer, and what came meanwhile for one is written together.
 */
export class DeliveryService {
  readonly #ingest: Pick<IngestService, "notified">;
  readonly #limits: DeliveryLimits;
  readonly #taken = new Map<string, number>();
  #takenOfAll = 0;
  /** Whose turn it is stands first. */
  readonly #waiting = new Map<string, { cluster: AlertingCluster; queue: Waiting[] }>();
  readonly #writing = new Set<string>();

  constructor(ingest: Pick<IngestService, "notified">, limits: DeliveryLimits) {
    this.#ingest = ingest;
    this.#limits = limits;
  }

  /** Room for a notification of so many bytes. @returns what to call, once, when it is written or given up; null without room. */
  admit(clusterId: string, bytes: number): (() => void) | null {
    const { clusterBytes, bytes: most } = this.#limits;
    const size = Math.max(bytes, LEAST_BYTES);
    const taken = this.#taken.get(clusterId) ?? 0;
    if (taken + size > clusterBytes || this.#takenOfAll + size > most) return null;
    this.#take(clusterId, size);
    return () => this.#take(clusterId, -size);
  }

  /** Resolves once it is durable. */
  async deliver(cluster: AlertingCluster, words: readonly AlertWord[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const known = this.#waiting.get(cluster.id);
    if (known) known.queue.push({ words, resolve, reject });
    else this.#waiting.set(cluster.id, { cluster, queue: [{ words, resolve, reject }] });
    this.#work();
    await promise;
  }

  #take(clusterId: string, size: number): void {
    const taken = (this.#taken.get(clusterId) ?? 0) + size;
    this.#takenOfAll += size;
    if (taken > 0) this.#taken.set(clusterId, taken);
    else this.#taken.delete(clusterId);
  }

  #work(): void {
    for (const [id, { cluster, queue }] of this.#waiting) {
      if (this.#writing.size >= this.#limits.writers) return;
      if (this.#writing.has(id)) continue;
      this.#waiting.delete(id);
      this.#writing.add(id);
      void this.#write(cluster, queue).finally(() => {
        this.#writing.delete(id);
        this.#work();
      });
    }
  }

  async #write(cluster: AlertingCluster, queue: readonly Waiting[]): Promise<void> {
    try {
      await this.#ingest.notified(
        cluster,
        queue.flatMap(({ words }) => words),
      );
      for (const { resolve } of queue) resolve();
    } catch (error) {
      for (const { reject } of queue) reject(error);
    }
  }
}
