import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import { watchClusters } from "../../shared/fleet/named-clusters.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import type { EventBus } from "../../shared/kernel/bus/event-bus.ts";
import type { Channel } from "../../shared/kernel/channel.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { logTail, type TailItem } from "./log-tail.stream.ts";

export interface LogTailQuery {
  query: string;
  clusterIds?: string[] | null;
  selector?: ClusterSelector | null;
}

/** A Loki serves few tails at once, and each is a connection that stays open. */
const MOST_CLUSTERS = 50;

interface Options {
  operation: Operation;
  directory: FleetDirectory;
  clients: Pick<FleetClients, "loki">;
  bus: EventBus;
  onInternalError: (error: unknown) => void;
}

export class LogTailService {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** New lines of the clusters in scope, until the reader leaves or may no longer see one that it named. @throws LIMIT_EXCEEDED for too many clusters. */
  async follow({ query, ...scope }: LogTailQuery): Promise<Channel<TailItem>> {
    const { operation, directory, clients, bus, onInternalError } = this.#options;
    const { identity, requestId, signal } = operation;
    const targets = await directory.selectNamed(identity, scope);
    if (targets.length > MOST_CLUSTERS) {
      throw new CodedError(
        "LIMIT_EXCEEDED",
        `A tail follows at most ${MOST_CLUSTERS} clusters, and ${targets.length} are in scope: name fewer by clusterIds or selector.`,
        { limit: MOST_CLUSTERS, clusters: targets.length },
      );
    }
    const ids = targets.map(({ id }) => id);
    const items = logTail({
      targets,
      query,
      requestId,
      now: () => new Date(),
      connect: (target) => clients.loki(target),
      recheck: () => directory.byIds(identity, ids),
      named: new Set([...(scope.clusterIds ?? []), ...(scope.selector?.ids ?? [])]),
      onChange: (touched) => watchClusters(bus, new Set(ids), touched),
      onInternalError,
    });
    signal.addEventListener("abort", () => items.close(), { once: true });
    if (signal.aborted) items.close();
    return items;
  }
}
