import { z } from "zod";
import { CompletenessInput } from "../../shared/fleet/completeness.input.ts";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, InputType, Int } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLDuration, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { clusterIds, timeout } from "../metrics/metrics.input.ts";
import { logql } from "./logs.input.ts";

@InputType({
  description: "A LogQL metric query: at an instant if time is given, else over a range (the last hour unless given).",
})
export class LogMetricQueryInput {
  static readonly rules = z.object({
    query: logql("samples"),
    timeout,
    clusterIds,
    completeness: CompletenessInput.rules.nullish(),
  });

  @Field(() => String, {
    description: 'A metric query, such as sum by (namespace) (rate({app=~".+"} |= "error" [5m])).',
  })
  readonly query!: string;

  @Field(() => [GraphQLUUID], { nullable: true, description: "Clusters to ask; all where empty." })
  readonly clusterIds?: string[] | null;

  @Field(() => ClusterSelectorInput, { nullable: true, description: "Clusters to ask, by what they are." })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "Evaluate at this instant. Not with startTime or endTime.",
  })
  readonly time?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "Range start; one hour before its end unless given." })
  readonly startTime?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "Range end; now unless given." })
  readonly endTime?: Date | null;

  @Field(() => GraphQLDuration, {
    defaultValue: "1m",
    description: "Range resolution. At most 11,000 points a series.",
  })
  readonly step!: string;

  @Field(() => Int, { defaultValue: 30, description: "Seconds each cluster may take: 1 to 300." })
  readonly timeout!: number;

  @Field(() => CompletenessInput, { nullable: true, description: "Which clusters have to answer." })
  readonly completeness?: CompletenessInput | null;
}
