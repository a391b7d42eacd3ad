import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Args, Ctx, Query, Resolver } from "../../shared/kernel/graphql.ts";
import { CatalogueArgs, LabelValuesArgs, MatchedArgs, MetadataArgs, RulesArgs, SeriesArgs } from "./catalogue.input.ts";
import {
  FederatedMetricLabelSets,
  FederatedMetricMetadata,
  FederatedMetricNames,
  FederatedMetricRules,
  FederatedMetricTargets,
  type FleetList,
  type MetricLabelSet,
  type MetricMetadata,
  type MetricRule,
  type MetricTarget,
} from "./catalogue.type.ts";
import type { MetricsContext } from "./metrics.context.ts";

@Resolver()
export class CatalogueResolver {
  @AsksClusters()
  @Query(() => FederatedMetricNames, { description: "The label names that the clusters' series have." })
  metricLabels(
    @Ctx() { catalogue }: MetricsContext,
    @Args(() => MatchedArgs) args: MatchedArgs,
  ): Promise<FleetList<string>> {
    return catalogue.labels(args);
  }

  @AsksClusters()
  @Query(() => FederatedMetricNames, { description: "The values that a label has in the clusters' series." })
  metricLabelValues(
    @Ctx() { catalogue }: MetricsContext,
    @Args(() => LabelValuesArgs) args: LabelValuesArgs,
  ): Promise<FleetList<string>> {
    return catalogue.labelValues(args);
  }

  @AsksClusters()
  @Query(() => FederatedMetricLabelSets, { description: "The clusters' series, by their labels and without samples." })
  metricSeries(
    @Ctx() { catalogue }: MetricsContext,
    @Args(() => SeriesArgs) args: SeriesArgs,
  ): Promise<FleetList<MetricLabelSet>> {
    return catalogue.series(args);
  }

  @AsksClusters()
  @Query(() => FederatedMetricMetadata, { description: "Type, meaning and unit of the clusters' metrics." })
  metricMetadata(
    @Ctx() { catalogue }: MetricsContext,
    @Args(() => MetadataArgs) args: MetadataArgs,
  ): Promise<FleetList<MetricMetadata>> {
    return catalogue.metadata(args);
  }

  @AsksClusters()
  @Query(() => FederatedMetricRules, { description: "The alerting and recording rules that the clusters evaluate." })
  metricRules(
    @Ctx() { catalogue }: MetricsContext,
    @Args(() => RulesArgs) args: RulesArgs,
  ): Promise<FleetList<MetricRule>> {
    return catalogue.rules(args);
  }

  @AsksClusters()
  @Query(() => FederatedMetricTargets, { description: "What the clusters' Prometheus scrape, and whether it answers." })
  metricTargets(
    @Ctx() { catalogue }: MetricsContext,
    @Args(() => CatalogueArgs) args: CatalogueArgs,
  ): Promise<FleetList<MetricTarget>> {
    return catalogue.targets(args);
  }
}
