import { z } from "zod";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Arg, Resolver, Root, Subscription } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { check } from "../../shared/kernel/validation.ts";
import { clusterIds } from "../metrics/metrics.input.ts";
import { toTailItem } from "./log-tail.mapper.ts";
import type { LogTailQuery } from "./log-tail.service.ts";
import type { TailItem } from "./log-tail.stream.ts";
import { LogTailItem } from "./log-tail.type.ts";
import type { LogsContext } from "./logs.context.ts";
import { logql } from "./logs.input.ts";

const Rules = z.object({ query: logql("lines"), clusterIds });

/** type-graphql hands `subscribe` the raw arguments: the rules are checked here. */
function subscribe({ args, context }: { args: LogTailQuery; context: LogsContext }) {
  check(Rules, args);
  return context.logTail.follow(args);
}

@Resolver()
export class LogTailResolver {
  @AsksClusters()
  @Subscription(() => LogTailItem, {
    description:
      "Log lines of up to 50 clusters as they arrive, in one order: those of the last ten seconds first. A cluster whose tail breaks off goes on where it was.",
    subscribe: subscribe as never,
  })
  logTail(
    @Root() item: TailItem,
    @Arg("query", () => String, {
      description: 'A log selector with its pipeline, such as {namespace="shop"} |= "error".',
    })
    _query: string,
    @Arg("clusterIds", () => [GraphQLUUID], { nullable: true, description: "Clusters to follow; all where empty." })
    _clusterIds?: string[] | null,
    @Arg("selector", () => ClusterSelectorInput, {
      nullable: true,
      description: "Clusters to follow, by what they are.",
    })
    _selector?: ClusterSelectorInput | null,
  ): LogTailItem {
    return toTailItem(item);
  }
}
