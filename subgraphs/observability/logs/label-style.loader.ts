import { LRUCache } from "lru-cache";
import type { Target } from "../../shared/fleet/directory.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { NanoRange } from "../../shared/upstreams/loki/client.ts";
import { type LabelStyle, labelStyle } from "./label-style.filter.ts";
import type { LokiLoaders } from "./loki.loader.ts";

const TIMEOUT_SECONDS = 30;

/** What each cluster's Loki calls namespace, pod and node: found out once, and then remembered for all operations. */
export type KnownStyles = LRUCache<string, LabelStyle>;

export const knownStyles = (): KnownStyles => new LRUCache({ max: 2000, ttl: 600_000 });

export class LabelStyles {
  readonly #labels: LokiLoaders["labels"];
  readonly #known: KnownStyles;

  constructor({ labels }: Pick<LokiLoaders, "labels">, known: KnownStyles) {
    this.#labels = labels;
    this.#known = known;
  }

  /**
   * Null where there were no lines in the range, and nothing is known from before.
   * @throws what asking the cluster fails with.
   */
  async of(target: Target, range: NanoRange): Promise<LabelStyle | null> {
    const key = JSON.stringify([target.id, target.lokiUrl, target.lokiTenant, target.namespaces]);
    const known = this.#known.get(key);
    if (known) return known;
    const { value, failure } = await this.#labels.load({ target, ...range, timeoutSeconds: TIMEOUT_SECONDS });
    if (failure) throw new CodedError(failure.code, failure.message);
    const items = value?.items ?? [];
    if (items.length === 0) return null;
    const style = labelStyle(items);
    // What little was written then may not have had all that there are.
    if (style.namespace && style.pod) this.#known.set(key, style);
    return style;
  }
}
