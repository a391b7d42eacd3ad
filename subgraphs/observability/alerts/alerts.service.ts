import { Prisma } from "../../../prisma/generated/client.ts";
import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { NamespaceScope } from "../../shared/kernel/namespaces.ts";
import type { PageRequest } from "../../shared/kernel/page.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { type AskedRange, timeRange } from "../../shared/kernel/time-range.ts";
import { ACTIVE, type AlertFilter, ANY_STATE, alertWhere, during } from "./alert.filter.ts";
import type { AlertLoaders, Repositories } from "./alert.loader.ts";
import type { AlertOrderBy, AlertRow } from "./alert.repository.ts";
import type { Group, GroupKey } from "./alert-count.repository.ts";

export interface AlertRows {
  rows: AlertRow[];
  total: number;
}

/** What there is to know of alerts, within one operation and what its identity may see. */
export class AlertsService {
  readonly loaders: AlertLoaders;
  readonly #operation: Operation;
  readonly #directory: FleetDirectory;
  readonly #repositories: Pick<Repositories, "alerts" | "counts">;

  constructor(
    operation: Operation,
    directory: FleetDirectory,
    repositories: Pick<Repositories, "alerts" | "counts">,
    loaders: AlertLoaders,
  ) {
    this.#operation = operation;
    this.#directory = directory;
    this.#repositories = repositories;
    this.loaders = loaders;
  }

  get now(): Date {
    return this.#operation.startedAt;
  }

  get #seen(): NamespaceScope {
    return this.#operation.identity.scope?.namespaces;
  }

  /** Those active, unless the filter names states. @throws CLUSTER_NOT_FOUND */
  async page(filter: AlertFilter, orderBy: AlertOrderBy, page: PageRequest): Promise<AlertRows> {
    return await this.#repositories.alerts.page(await this.#where(filter, ACTIVE), orderBy, page);
  }

  /** Those that were active in the range, over or not. @throws CLUSTER_NOT_FOUND, INVALID_TIME_RANGE, INVALID_DURATION */
  async history(
    filter: AlertFilter,
    asked: AskedRange | null,
    orderBy: AlertOrderBy,
    page: PageRequest,
  ): Promise<AlertRows> {
    const range = timeRange(asked, this.now);
    const where = Prisma.sql`${await this.#where(filter, ANY_STATE)} AND ${during(range)}`;
    return await this.#repositories.alerts.page(where, orderBy, page);
  }

  /** @throws CLUSTER_NOT_FOUND */
  async groups(
    filter: AlertFilter,
    by: { keys: readonly GroupKey[]; labels: readonly string[] },
    page: PageRequest,
  ): Promise<{ groups: Group[]; total: number }> {
    return await this.#repositories.counts.groups(await this.#where(filter, ACTIVE), by, page, this.now);
  }

  /** A page of those that fire and match in the clusters, and how many each has. */
  async matching(
    clusters: readonly Target[],
    matchers: readonly string[],
    page: PageRequest,
  ): Promise<AlertRows & { perCluster: ReadonlyMap<string, number> }> {
    const ids = clusters.map(({ id }) => id);
    const where = alertWhere(ids, { matchers }, { now: this.now, states: ["FIRING"], seen: this.#seen });
    const [found, perCluster] = await Promise.all([
      this.#repositories.alerts.page(where, { field: "SEVERITY", direction: "DESC" }, page),
      this.#repositories.counts.firing(where),
    ]);
    return { ...found, perCluster };
  }

  /** @throws BAD_USER_INPUT where the filter names clusters, beside the one whose field it is. */
  async ofCluster(clusterId: string, filter: AlertFilter, { page, pageSize }: PageRequest): Promise<AlertRows> {
    if (filter.clusterIds?.length || filter.selector) {
      throw new CodedError("BAD_USER_INPUT", "On a cluster's own field, leave out clusterIds and selector.", {
        fields: ["filter.clusterIds", "filter.selector"],
      });
    }
    return await this.loaders.pageOf.load({ clusterId, filter, page, pageSize });
  }

  async #where(filter: AlertFilter, states: typeof ACTIVE): Promise<Prisma.Sql> {
    const clusters = await this.#directory.selectNamed(this.#operation.identity, filter);
    return alertWhere(
      clusters.map(({ id }) => id),
      filter,
      { now: this.now, states, seen: this.#seen },
    );
  }
}
