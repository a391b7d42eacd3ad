import { type Completeness, requireAnswers, requireInScope } from "../../shared/fleet/cluster-outcome.ts";
import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { type AskedRange, timeRange } from "../../shared/kernel/time-range.ts";
import type { Matched } from "../../shared/upstreams/prometheus/client.ts";
import type { RuleKind } from "../../shared/upstreams/prometheus/listing-schema.ts";
import type { CatalogueLoader, ListingQuestion } from "./catalogue.loader.ts";
import { type Kind, METADATA, NAMES, RULES, SERIES, TARGETS, toFleetList, toPart } from "./catalogue.mapper.ts";
import type { FleetList, MetricLabelSet, MetricMetadata, MetricRule, MetricTarget } from "./catalogue.type.ts";

/** Whom a list is asked of, and how much of it is answered. */
export interface CatalogueScope {
  clusterIds?: readonly string[] | null;
  selector?: ClusterSelector | null;
  completeness?: Completeness | null;
  limit: number;
  timeout: number;
}

/** About which series. */
interface Some {
  matchers?: readonly string[] | null;
  range?: AskedRange | null;
}

/** What the clusters' Prometheus have: names, series, metadata, rules, targets. Of each, and of all together. */
export class CatalogueService {
  readonly #operation: Operation;
  readonly #directory: FleetDirectory;
  readonly #loader: CatalogueLoader;

  constructor(operation: Operation, directory: FleetDirectory, loader: CatalogueLoader) {
    this.#operation = operation;
    this.#directory = directory;
    this.#loader = loader;
  }

  async labels(asked: CatalogueScope & Some): Promise<FleetList<string>> {
    const of = this.#matched(asked);
    return await this.#list(asked, NAMES, (limit) => ({
      key: ["labels", of, limit],
      ask: (prometheus, options) => prometheus.labels(of, limit, options),
    }));
  }

  async labelValues(asked: CatalogueScope & Some & { label: string }): Promise<FleetList<string>> {
    const of = this.#matched(asked);
    return await this.#list(asked, NAMES, (limit) => ({
      key: ["label values", asked.label, of, limit],
      ask: (prometheus, options) => prometheus.labelValues(asked.label, of, limit, options),
    }));
  }

  async series(asked: CatalogueScope & Some): Promise<FleetList<MetricLabelSet>> {
    const of = this.#matched(asked);
    return await this.#list(asked, SERIES, (limit) => ({
      key: ["series", of, limit],
      ask: (prometheus, options) => prometheus.series(of, limit, options),
    }));
  }

  async metadata(asked: CatalogueScope & { metric?: string | null }): Promise<FleetList<MetricMetadata>> {
    const metric = asked.metric ?? null;
    return await this.#list(asked, METADATA, (limit) => ({
      key: ["metadata", metric, limit],
      ask: (prometheus, options) => prometheus.metadata(metric, limit, options),
    }));
  }

  async rules(asked: CatalogueScope & { kind?: RuleKind | null }): Promise<FleetList<MetricRule>> {
    const kind = asked.kind ?? null;
    return await this.#list(asked, RULES, () => ({
      key: ["rules", kind],
      ask: (prometheus, options) => prometheus.rules(kind, options),
    }));
  }

  async targets(asked: CatalogueScope): Promise<FleetList<MetricTarget>> {
    return await this.#list(asked, TARGETS, () => ({
      key: ["targets"],
      ask: (prometheus, options) => prometheus.targets(options),
    }));
  }

  /** @param question with one more than the limit, to know that there are more. */
  async #list<T, R>(
    { limit, timeout, completeness, ...scope }: CatalogueScope,
    kind: Kind<T, R>,
    question: (limit: number) => ListingQuestion<T>,
  ): Promise<FleetList<R>> {
    const targets = await this.#directory.selectNamed(this.#operation.identity, scope);
    requireInScope(targets, completeness);
    const asked = question(limit + 1);
    const parts = await Promise.all(
      targets.map(async (target) => toPart(target, await this.#loader.load(target, asked, timeout), kind, limit)),
    );
    requireAnswers(
      parts.map(({ outcome }) => outcome),
      completeness,
    );
    return toFleetList(parts, kind, limit);
  }

  #matched({ matchers, range }: Some): Matched {
    const { start, end } = timeRange(range, this.#operation.startedAt);
    const seconds = (time: Date): number => Math.floor(time.getTime() / 1000);
    return { matchers: matchers ?? [], start: seconds(start), end: seconds(end) };
  }
}
