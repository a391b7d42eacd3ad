import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { TimeRangeInput } from "../../shared/kernel/time-range.input.ts";
import { check } from "../../shared/kernel/validation.ts";
import { Cluster } from "../cluster.type.ts";
import type { FleetContext } from "../context.ts";
import { Pod } from "../pod.type.ts";
import type { LogsContext } from "./logs.context.ts";
import { LogQueryInput, PodLogsRules } from "./logs.input.ts";
import { FederatedLogs, LogEntry, LogPage } from "./logs.type.ts";

@Resolver(() => Cluster)
export class LogsResolver {
  @AsksClusters()
  @Query(() => FederatedLogs, {
    description:
      "Log lines of every cluster in scope in one order, page by page. A cluster that fails is a row with a status, and never hides the others.",
  })
  logs(
    @Ctx() { logs }: LogsContext,
    @Arg("query", () => LogQueryInput, { description: "What to ask, and whom." }) query: LogQueryInput,
  ): Promise<FederatedLogs> {
    return logs.overFleet(query);
  }

  @AsksClusters()
  @FieldResolver(() => LogPage, {
    name: "logs",
    nullable: true,
    description: "This cluster's log lines, page by page.",
  })
  async clusterLogs(
    @Root() { id }: Cluster,
    @Ctx() { logs, targetById }: FleetContext & LogsContext,
    @Arg("query", () => LogQueryInput, { description: "What to ask; without clusterIds, selector and completeness." })
    query: LogQueryInput,
  ): Promise<LogPage | null> {
    const target = await targetById.load(id);
    return target && (await logs.ofCluster(target, query));
  }
}

@Resolver(() => Pod)
export class PodLogsResolver {
  @AsksClusters()
  @FieldResolver(() => [LogEntry], {
    nullable: true,
    description: "The pod's newest log lines, newest first, by its cluster's Loki.",
  })
  async logs(
    @Root() pod: Pod,
    @Ctx() { logs, targetById }: FleetContext & LogsContext,
    @Arg("query", () => String, {
      nullable: true,
      description: 'What is left of them: a pipeline, such as |= "error" | json.',
    })
    query?: string | null,
    @Arg("range", () => TimeRangeInput, { nullable: true, description: "Of when; the last hour unless given." })
    range?: TimeRangeInput | null,
    @Arg("limit", () => Int, { defaultValue: 100, description: "At most so many: 1 to 5000." })
    limit = 100,
  ): Promise<LogEntry[] | null> {
    check(PodLogsRules, { query, limit });
    const target = await targetById.load(pod.clusterId);
    return target && (await logs.ofPod(target, pod, { query: query ?? null, range: range ?? null, limit }));
  }
}
