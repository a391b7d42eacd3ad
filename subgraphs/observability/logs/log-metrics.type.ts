import { Field, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLDuration } from "../../shared/kernel/scalars.ts";
import { ClusterOutcome } from "../cluster.type.ts";
import { MetricResult } from "../metrics/metrics.type.ts";

@ObjectType({ description: "What every cluster in scope answers to a LogQL metric query.", simpleResolvers: true })
export class FederatedLogMetrics {
  @Field(() => [MetricResult], { description: "One for each cluster in scope, by cluster name." })
  readonly results!: MetricResult[];

  @Field(() => Boolean, { description: "Whether every cluster in scope answered completely." })
  readonly complete!: boolean;

  @Field(() => [ClusterOutcome], { description: "How asking each cluster ended, in the order of results." })
  readonly outcomes!: ClusterOutcome[];

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "The range's start as it was asked: floored to the step. Null for an instant.",
  })
  readonly startTime!: Date | null;

  @Field(() => GraphQLDateTime, {
    description: "The range's end as it was asked: floored to the step. Or the instant.",
  })
  readonly endTime!: Date;

  @Field(() => GraphQLDuration, { nullable: true, description: "The range's step. Null for an instant." })
  readonly step!: string | null;
}
