import { type Completeness, requireAnswers, requireInScope } from "../../shared/fleet/cluster-outcome.ts";
import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import { labelKey } from "../../shared/kernel/label-key.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { type AskedRange, timeRange } from "../../shared/kernel/time-range.ts";
import type { Labels } from "../../shared/upstreams/loki/schema.ts";
import type { Listing } from "../../shared/upstreams/prometheus/listing-schema.ts";
import { type Kind, NAMES, toFleetList, toPart } from "../metrics/catalogue.mapper.ts";
import type { FleetList } from "../metrics/catalogue.type.ts";
import type { LogSeries } from "./log-labels.type.ts";
import { nanoRange } from "./logs.window.ts";
import type { AskedLabels, LokiLoaders } from "./loki.loader.ts";

export interface LogLabelsScope {
  clusterIds?: readonly string[] | null;
  selector?: ClusterSelector | null;
  range?: AskedRange | null;
  limit: number;
  timeout: number;
  completeness?: Completeness | null;
}

const SERIES: Kind<Labels, LogSeries> = {
  key: labelKey,
  row: (labels, { id }) => ({ labels, clusters: [{ id }] }),
  join: ({ clusters }, { id }) => void clusters.push({ id }),
};

/** What can be asked for in logs: labels, their values, and the streams that they make. Of each cluster, and of all together. */
export class LogLabelsService {
  readonly #operation: Operation;
  readonly #directory: FleetDirectory;
  readonly #loaders: LokiLoaders;

  constructor(operation: Operation, directory: FleetDirectory, loaders: LokiLoaders) {
    this.#operation = operation;
    this.#directory = directory;
    this.#loaders = loaders;
  }

  labels(scope: LogLabelsScope): Promise<FleetList<string>> {
    return this.#list(scope, NAMES, (asked) => this.#loaders.labels.load(asked));
  }

  values({
    label,
    query = null,
    ...scope
  }: LogLabelsScope & { label: string; query?: string | null }): Promise<FleetList<string>> {
    return this.#list(scope, NAMES, (asked) => this.#loaders.values.load({ ...asked, label, query }));
  }

  series({ match, ...scope }: LogLabelsScope & { match: string }): Promise<FleetList<LogSeries>> {
    return this.#list(scope, SERIES, (asked) => this.#loaders.series.load({ ...asked, match }));
  }

  /** @throws NO_CLUSTER_SUCCEEDED, INCOMPLETE, INVALID_TIME_RANGE */
  async #list<T, R>(
    { range, limit, timeout, completeness, ...scope }: LogLabelsScope,
    kind: Kind<T, R>,
    load: (asked: AskedLabels) => Promise<Outcome<Listing<T>>>,
  ): Promise<FleetList<R>> {
    const window = nanoRange(timeRange(range, this.#operation.startedAt));
    const targets = await this.#directory.selectNamed(this.#operation.identity, scope);
    requireInScope(targets, completeness);
    const parts = await Promise.all(
      targets.map(async (target) =>
        toPart(target, await load({ target, ...window, timeoutSeconds: timeout }), kind, limit),
      ),
    );
    requireAnswers(
      parts.map(({ outcome }) => outcome),
      completeness,
    );
    return toFleetList(parts, kind, limit);
  }
}
