import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Arg, Ctx, FieldResolver, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { Cluster } from "../cluster.type.ts";
import type { FleetContext } from "../context.ts";
import { MetricPlan } from "./metric-plan.type.ts";
import type { MetricsContext } from "./metrics.context.ts";
import { MetricQueryInput } from "./metrics.input.ts";
import { FederatedMetrics, MetricResult } from "./metrics.type.ts";

@Resolver(() => Cluster)
export class MetricsResolver {
  @AsksClusters()
  @Query(() => FederatedMetrics, {
    description:
      "Ask every cluster in scope one PromQL question, or all of them as one. A cluster that fails is a row with a status, and never hides the others.",
  })
  async metrics(
    @Ctx() { metrics, globalMetrics }: MetricsContext,
    @Arg("query", () => MetricQueryInput, { description: "What to ask, and whom." }) query: MetricQueryInput,
  ): Promise<FederatedMetrics> {
    return await (query.scope === "GLOBAL" ? globalMetrics : metrics).overFleet(query);
  }

  @Query(() => MetricPlan, {
    description:
      "What the same query of metrics would ask which cluster, and how much it would answer. Asks no cluster.",
  })
  async explainMetrics(
    @Ctx() { metricPlans }: MetricsContext,
    @Arg("query", () => MetricQueryInput, { description: "What to explain." }) query: MetricQueryInput,
  ): Promise<MetricPlan> {
    return await metricPlans.explain(query);
  }

  @AsksClusters()
  @FieldResolver(() => MetricResult, {
    name: "metrics",
    nullable: true,
    description: "Ask this cluster one PromQL question.",
  })
  async clusterMetrics(
    @Root() { id }: Cluster,
    @Ctx() { metrics, targetById }: FleetContext & MetricsContext,
    @Arg("query", () => MetricQueryInput, {
      description: "What to ask; without clusterIds, selector, completeness and scope.",
    })
    query: MetricQueryInput,
  ): Promise<MetricResult | null> {
    const target = await targetById.load(id);
    return target && (await metrics.ofCluster(target, query));
  }
}
