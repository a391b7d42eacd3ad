import DataLoader from "dataloader";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { CallOptions, PrometheusClient } from "../../shared/upstreams/prometheus/client.ts";
import type { Listing } from "../../shared/upstreams/prometheus/listing-schema.ts";
import { patienceMs } from "./metrics.window.ts";

/** What a Prometheus is asked to list. */
export interface ListingQuestion<T> {
  /** Equal for equal questions, and for no others. */
  key: readonly unknown[];
  ask(prometheus: PrometheusClient, options: CallOptions): Promise<Listing<T>>;
}

interface ClusterListing {
  target: Target;
  question: ListingQuestion<unknown>;
  timeoutSeconds: number;
}

/** All lists of one operation: one upstream request per cluster and distinct list, whatever the operation's shape. */
export class CatalogueLoader {
  readonly #loader: DataLoader<ClusterListing, Outcome<Listing<unknown>>, string>;

  constructor(
    operation: Operation,
    clients: Pick<FleetClients, "prometheus">,
    onInternalError: (error: unknown) => void,
  ) {
    const { signal, requestId } = operation;
    this.#loader = new DataLoader(
      (listings) => {
        const began = performance.now();
        return fanOut(
          listings,
          async ({ target, question }, own) =>
            await question.ask(await clients.prometheus(target), { signal: own, requestId }),
          {
            signal,
            patienceMs: ({ timeoutSeconds }) => patienceMs(timeoutSeconds, performance.now() - began),
            onInternalError,
          },
        );
      },
      {
        cacheKeyFn: ({ target, question, timeoutSeconds }) => JSON.stringify([target.id, question.key, timeoutSeconds]),
      },
    );
  }

  async load<T>(target: Target, question: ListingQuestion<T>, timeoutSeconds: number): Promise<Outcome<Listing<T>>> {
    // Equal keys are of equal questions, and so of answers of one type.
    return (await this.#loader.load({ target, question, timeoutSeconds })) as Outcome<Listing<T>>;
  }
}
