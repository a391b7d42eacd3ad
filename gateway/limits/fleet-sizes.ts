import { LRUCache } from "lru-cache";
import { z } from "zod";
import { authorisationKey, type Identity } from "../../subgraphs/shared/kernel/auth-context.ts";
import type { Logger } from "../../subgraphs/shared/kernel/log.ts";
import { newOperation, requestIdOf } from "../context.ts";
import type { ProcessOptions, SubgraphDataSource } from "../data-sources/data-source.ts";

/** Where nobody can tell. */
const ASSUMED = 100;
const FRESH_MS = 60_000;
const PATIENCE_MS = 2000;
const MOST = 1000;

const QUESTION = "query FleetSize { fleetSummary { total } }";
const Answer = z.object({ fleetSummary: z.object({ total: z.number() }) });

export interface FleetSizesOptions {
  /** The way to the subgraph that keeps the clusters; undefined before there is one, or where a graph has none. */
  keeper: () => SubgraphDataSource | undefined;
  log: Logger;
  now?: () => number;
}

/** How many clusters each caller sees, as last known: what is a minute old is still good, and asked anew meanwhile. */
export class FleetSizes {
  readonly #options: FleetSizesOptions;
  readonly #known = new LRUCache<string, { size: number; at: number }>({ max: MOST });
  readonly #asked = new Map<string, Promise<number>>();

  constructor(options: FleetSizesOptions) {
    this.#options = options;
  }

  /** As it was told last, however long ago. */
  last(identity: Identity): number | undefined {
    return this.#known.get(authorisationKey(identity))?.size;
  }

  async of(identity: Identity): Promise<number> {
    const key = authorisationKey(identity);
    const known = this.#known.get(key);
    const { now = Date.now } = this.#options;
    if (known && now() - known.at < FRESH_MS) return known.size;
    const asked = this.#asked.get(key) ?? this.#ask(key, identity, known?.size ?? ASSUMED);
    return known ? known.size : await asked;
  }

  #ask(key: string, identity: Identity, otherwise: number): Promise<number> {
    const { now = Date.now, log } = this.#options;
    const asked = this.#total(identity)
      .catch((error: unknown) => {
        log.warn({ err: error, assumed: otherwise }, "the size of the fleet is not known");
        return otherwise;
      })
      .then((size) => {
        this.#known.set(key, { size, at: now() });
        this.#asked.delete(key);
        return size;
      });
    this.#asked.set(key, asked);
    return asked;
  }

  async #total(identity: Identity): Promise<number> {
    const source = this.#options.keeper();
    if (!source) return ASSUMED;
    const { data } = await source.process({
      // As the gateway itself asks, and no client.
      kind: "loading schema" as ProcessOptions["kind"] & "loading schema",
      request: { query: QUESTION },
      context: newOperation({ identity, requestId: requestIdOf(undefined), signal: AbortSignal.timeout(PATIENCE_MS) }),
    });
    return Answer.parse(data).fleetSummary.total;
  }
}
