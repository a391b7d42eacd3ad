import { Arg, Ctx, FieldResolver, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { Cluster } from "../cluster.type.ts";
import type { FleetContext } from "../context.ts";
import type { MetricsContext } from "./metrics.context.ts";
import { MetricQueryInput } from "./metrics.input.ts";
import { FederatedMetrics, MetricResult } from "./metrics.type.ts";

@Resolver(() => Cluster)
export class MetricsResolver {
  @Query(() => FederatedMetrics, {
    description:
      "Ask every cluster in scope one PromQL question. A cluster that fails is a row with a status, and never hides the others.",
  })
  async metrics(
    @Ctx() { metrics }: MetricsContext,
    @Arg("query", () => MetricQueryInput, { description: "What to ask, and whom." }) query: MetricQueryInput,
  ): Promise<FederatedMetrics> {
    return await metrics.overFleet(query);
  }

  @FieldResolver(() => MetricResult, {
    name: "metrics",
    nullable: true,
    description: "Ask this cluster one PromQL question.",
  })
  async clusterMetrics(
    @Root() { id }: Cluster,
    @Ctx() { metrics, targetById }: FleetContext & MetricsContext,
    @Arg("query", () => MetricQueryInput, { description: "What to ask; without clusterIds and selector." })
    query: MetricQueryInput,
  ): Promise<MetricResult | null> {
    const target = await targetById.load(id);
    return target && (await metrics.ofCluster(target, query));
  }
}
