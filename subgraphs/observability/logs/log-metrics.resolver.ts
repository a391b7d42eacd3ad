import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Arg, Ctx, Query, Resolver } from "../../shared/kernel/graphql.ts";
import { LogMetricQueryInput } from "./log-metrics.input.ts";
import { FederatedLogMetrics } from "./log-metrics.type.ts";
import type { LogsContext } from "./logs.context.ts";

@Resolver()
export class LogMetricsResolver {
  @AsksClusters()
  @Query(() => FederatedLogMetrics, {
    description:
      "Ask the Loki of every cluster in scope one metric query. A cluster that fails is a row with a status.",
  })
  logMetrics(
    @Ctx() { logMetrics }: LogsContext,
    @Arg("query", () => LogMetricQueryInput, { description: "What to ask, and whom." }) query: LogMetricQueryInput,
  ): Promise<FederatedLogMetrics> {
    return logMetrics.overFleet(query);
  }
}
