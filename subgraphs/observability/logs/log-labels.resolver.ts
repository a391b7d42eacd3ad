import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Args, Ctx, Query, Resolver } from "../../shared/kernel/graphql.ts";
import type { FleetList } from "../metrics/catalogue.type.ts";
import { LogLabelsArgs, LogLabelValuesArgs, LogSeriesArgs } from "./log-labels.input.ts";
import { FederatedLogLabels, FederatedLogSeries, type LogSeries } from "./log-labels.type.ts";
import type { LogsContext } from "./logs.context.ts";

@Resolver()
export class LogLabelsResolver {
  @AsksClusters()
  @Query(() => FederatedLogLabels, { description: "The labels that the clusters' log streams have." })
  logLabels(
    @Ctx() { logLabels }: LogsContext,
    @Args(() => LogLabelsArgs) args: LogLabelsArgs,
  ): Promise<FleetList<string>> {
    return logLabels.labels(args);
  }

  @AsksClusters()
  @Query(() => FederatedLogLabels, { description: "The values that a label has in the clusters' log streams." })
  logLabelValues(
    @Ctx() { logLabels }: LogsContext,
    @Args(() => LogLabelValuesArgs) args: LogLabelValuesArgs,
  ): Promise<FleetList<string>> {
    return logLabels.values(args);
  }

  @AsksClusters()
  @Query(() => FederatedLogSeries, { description: "The clusters' log streams, by their labels and without lines." })
  logSeries(
    @Ctx() { logLabels }: LogsContext,
    @Args(() => LogSeriesArgs) args: LogSeriesArgs,
  ): Promise<FleetList<LogSeries>> {
    return logLabels.series(args);
  }
}
