import { Field, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import type { MetricStreamPart } from "./metrics.stream.ts";
import { MetricResult } from "./metrics.type.ts";

@ObjectType({
  description: "One cluster's answer in a round of a metric stream. Each round asks every cluster in scope once.",
  simpleResolvers: true,
})
export class MetricStreamItem implements MetricStreamPart<MetricResult> {
  @Field(() => Int, { description: "The round, from 1. What was not read of one is left out when the next begins." })
  readonly round!: number;

  @Field(() => Int, { description: "Clusters of this round that have ended, this one included." })
  readonly completed!: number;

  @Field(() => Int, { description: "Clusters that this round asks." })
  readonly total!: number;

  @Field(() => MetricResult, { nullable: true, description: "The answer. Null where there is no cluster to ask." })
  readonly result!: MetricResult | null;

  @Field(() => Boolean, { description: "Whether this is the round's last." })
  readonly done!: boolean;
}
