import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { PageRequest } from "../../shared/kernel/page.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { type AnomalyFilter, anomalyWhere } from "./anomaly.filter.ts";
import type { AnomalyLoaders, AnomalyRows } from "./anomaly.loader.ts";
import type { AnomalyOrderBy, AnomalyRepository } from "./anomaly.repository.ts";

/** What is kept of anomalies, within one operation and what its identity may see. */
export class AnomaliesService {
  readonly loaders: AnomalyLoaders;
  readonly #operation: Operation;
  readonly #directory: FleetDirectory;
  readonly #anomalies: AnomalyRepository;

  constructor(operation: Operation, directory: FleetDirectory, anomalies: AnomalyRepository, loaders: AnomalyLoaders) {
    this.#operation = operation;
    this.#directory = directory;
    this.#anomalies = anomalies;
    this.loaders = loaders;
  }

  /** @throws CLUSTER_NOT_FOUND */
  async page(filter: AnomalyFilter, orderBy: AnomalyOrderBy, page: PageRequest): Promise<AnomalyRows> {
    const clusters = await this.#directory.selectNamed(this.#operation.identity, filter);
    const where = anomalyWhere(
      clusters.map(({ id }) => id),
      filter,
      this.#operation.identity.scope?.namespaces,
    );
    return await this.#anomalies.page(where, orderBy, page);
  }

  /** @throws BAD_USER_INPUT where the filter names clusters, beside the one whose field it is. */
  async ofCluster(clusterId: string, filter: AnomalyFilter, { page, pageSize }: PageRequest): Promise<AnomalyRows> {
    if (filter.clusterIds?.length || filter.selector) {
      throw new CodedError("BAD_USER_INPUT", "On a cluster's own field, leave out clusterIds and selector.", {
        fields: ["filter.clusterIds", "filter.selector"],
      });
    }
    return await this.loaders.pageOf.load({ clusterId, filter, page, pageSize });
  }
}
