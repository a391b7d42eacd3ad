import { z } from "zod";
import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Arg, Resolver, Root, Subscription } from "../../shared/kernel/graphql.ts";
import { GraphQLDuration } from "../../shared/kernel/scalars.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { durationSeconds } from "../../shared/kernel/time-range.ts";
import { check } from "../../shared/kernel/validation.ts";
import { MetricStreamItem } from "./metric-stream.type.ts";
import type { MetricsContext } from "./metrics.context.ts";
import { MetricQueryInput } from "./metrics.input.ts";

const LEAST_SECONDS = 5;
const MOST_SECONDS = 3600;
const still = z.null("stands still: a stream's window ends now").optional();

const Rules = z.object({
  every: z
    .string()
    .transform((text) => durationSeconds(text, "every"))
    .refine((seconds) => seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS, "must be 5s to 1h"),
  query: MetricQueryInput.rules.extend({
    time: still,
    endTime: still,
    completeness: z.null("is not for streams: each part says how it ended").optional(),
    scope: z.literal("PER_CLUSTER", "is not for streams: they have each cluster's part as it comes in"),
  }),
});

interface Args {
  query: MetricQueryInput;
  every: string;
  instant: boolean;
}

/** type-graphql hands `subscribe` the raw arguments: the rules are checked here. */
function subscribe({ args, context }: { args: Args; context: MetricsContext & { operation: Operation } }) {
  const { every } = check(Rules, args);
  return context.metricStreams.open(args.query, every, args.instant);
}

@Resolver()
export class MetricStreamResolver {
  @AsksClusters()
  @Subscription(() => MetricStreamItem, {
    description:
      "Ask one PromQL question over and over. Each cluster's answer comes as soon as it has it, and the window ends now each time.",
    subscribe: subscribe as never,
  })
  metricStream(
    @Root() item: MetricStreamItem,
    @Arg("query", () => MetricQueryInput, {
      description:
        "What to ask, and whom; without time, endTime and completeness. From a startTime on, the range keeps its length.",
    })
    _query: MetricQueryInput,
    @Arg("every", () => GraphQLDuration, {
      defaultValue: "30s",
      description: "From one round's begin to the next: 5s to 1h. A round that takes longer puts the next one off.",
    })
    _every: string,
    @Arg("instant", () => Boolean, {
      defaultValue: false,
      description: "Whether to evaluate at each round's now only, and not over a range.",
    })
    _instant: boolean,
  ): MetricStreamItem {
    return item;
  }
}
