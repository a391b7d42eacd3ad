import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
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

export class LogTailService {
  readonly #operation: Operation;
  readonly #directory: FleetDirectory;
  readonly #clients: Pick<FleetClients, "loki">;
  readonly #onInternalError: (error: unknown) => void;

  constructor(
    operation: Operation,
    directory: FleetDirectory,
    clients: Pick<FleetClients, "loki">,
    onInternalError: (error: unknown) => void,
  ) {
    this.#operation = operation;
    this.#directory = directory;
    this.#clients = clients;
    this.#onInternalError = onInternalError;
  }

  /** New lines of the clusters in scope, until the reader leaves. @throws LIMIT_EXCEEDED for too many clusters. */
  async follow({ query, ...scope }: LogTailQuery): Promise<Channel<TailItem>> {
    const { identity, requestId, signal } = this.#operation;
    const targets = await this.#directory.selectNamed(identity, scope);
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
      connect: (target) => this.#clients.loki(target),
      recheck: () => this.#directory.byIds(identity, ids),
      onInternalError: this.#onInternalError,
    });
    signal.addEventListener("abort", () => items.close(), { once: true });
    if (signal.aborted) items.close();
    return items;
  }
}
