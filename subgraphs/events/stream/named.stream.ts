import { changesRights, type NamedClusters, RECHECK_MS } from "../../shared/fleet/named-clusters.ts";
import type { BusEvent } from "../../shared/kernel/bus/events.ts";
import type { Reading } from "../../shared/kernel/bus/reader.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { PulledIterator } from "../../shared/kernel/pulled-iterator.ts";

type Item = Reading<BusEvent>;

export interface NamedStreamOptions {
  source: AsyncIterableIterator<Item>;
  clusters: NamedClusters;
  /** Whether the reader asked for such an event. */
  asked: (event: BusEvent) => boolean;
  /** Whether the reader asked for it, and may see it now. */
  shown: (item: Item) => Promise<boolean>;
  recheckMs?: number;
}

/**
 * Events of clusters that are named. It ends with CLUSTER_NOT_FOUND once one of them is gone or out of its reader's scope: after the
 * event that tells of it, where that may be shown (a deletion), and before any other.
 */
export class NamedStream extends PulledIterator<Item> {
  readonly #options: NamedStreamOptions;
  readonly #timer: NodeJS.Timeout;
  #lost: { error: unknown } | undefined;

  constructor(options: NamedStreamOptions) {
    super();
    this.#options = options;
    this.#timer = setInterval(() => void this.#recheck(), options.recheckMs ?? RECHECK_MS).unref();
  }

  protected async look(): Promise<Item | undefined> {
    if (this.#lost) throw this.#lost.error;
    const result = await this.#options.source.next();
    if (result.done) {
      if (!this.#lost) await this.return();
      return undefined;
    }
    const item = result.value;
    const isShown = await this.#options.shown(item);
    if (this.#mayTellOfLoss(item, isShown)) {
      await this.#options.clusters.check().catch((error: unknown) => {
        this.#lost = { error };
      });
    }
    return isShown ? item : undefined;
  }

  protected leave(): void {
    clearInterval(this.#timer);
    void this.#options.source.return?.();
  }

  #mayTellOfLoss(item: Item, isShown: boolean): boolean {
    if ("gap" in item) return true;
    const { event } = item;
    if (event.cluster_id === null || !this.#options.clusters.ids.has(event.cluster_id)) return false;
    return changesRights(event) || (!isShown && this.#options.asked(event));
  }

  /** Without an event. A look that waits for one is ended. */
  async #recheck(): Promise<void> {
    try {
      await this.#options.clusters.check();
    } catch (error) {
      // What else may fail concerns the next look.
      if (!(error instanceof CodedError)) return;
      this.#lost = { error };
      await this.#options.source.return?.();
    }
  }
}
