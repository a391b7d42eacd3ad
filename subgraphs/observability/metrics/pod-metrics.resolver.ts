import { z } from "zod";
import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Arg, Ctx, FieldResolver, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { GraphQLDuration } from "../../shared/kernel/scalars.ts";
import { TimeRangeInput } from "../../shared/kernel/time-range.input.ts";
import { check } from "../../shared/kernel/validation.ts";
import type { FleetContext } from "../context.ts";
import { Pod } from "../pod.type.ts";
import type { MetricsContext } from "./metrics.context.ts";
import { promql } from "./metrics.input.ts";
import { MetricResult } from "./metrics.type.ts";

const Rules = z.object({ query: promql });

@Resolver(() => Pod)
export class PodMetricsResolver {
  @AsksClusters()
  @FieldResolver(() => MetricResult, {
    nullable: true,
    description:
      "Ask this pod's cluster one PromQL question about the pod: each selector of the expression gets its namespace and pod as matchers, in place of any that it has on these labels.",
  })
  async metrics(
    @Root() pod: Pod,
    @Ctx() { metrics, targetById }: FleetContext & MetricsContext,
    @Arg("query", () => String, { description: "PromQL expression." }) query: string,
    @Arg("range", () => TimeRangeInput, { nullable: true, description: "The last hour unless given." })
    range?: TimeRangeInput | null,
    @Arg("step", () => GraphQLDuration, { defaultValue: "1m", description: "Range resolution." })
    step = "1m",
  ): Promise<MetricResult | null> {
    check(Rules, { query });
    const target = await targetById.load(pod.clusterId);
    return target && (await metrics.ofPod(target, pod, { query, range: range ?? null, step }));
  }
}
