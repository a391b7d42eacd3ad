import DataLoader from "dataloader";
import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { GpuClusterRepository, GpuTarget } from "./gpu-cluster.repository.ts";

/** Which clusters: by their ids, by what they are, or both. */
export interface AskedClusters {
  clusterIds?: readonly string[] | null;
  selector?: ClusterSelector | null;
}

/** The clusters of one operation. */
export class GpuTargets {
  /** Null for a cluster that is not to be seen. */
  readonly byId: DataLoader<string, GpuTarget | null>;
  readonly #operation: Operation;
  readonly #directory: FleetDirectory;
  readonly #repository: GpuClusterRepository;

  constructor(operation: Operation, directory: FleetDirectory, repository: GpuClusterRepository) {
    this.#operation = operation;
    this.#directory = directory;
    this.#repository = repository;
    this.byId = new DataLoader((ids) => repository.byIds(operation.identity, ids));
  }

  /** By name. @throws CLUSTER_NOT_FOUND if an id is named that is not to be seen. */
  async select(asked: AskedClusters): Promise<GpuTarget[]> {
    const found = await this.#directory.selectNamed(this.#operation.identity, asked);
    const targets = await this.#repository.withFacts(found);
    for (const target of targets) this.byId.prime(target.id, target);
    return targets;
  }
}
