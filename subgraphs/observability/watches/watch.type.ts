import { Field, Float, ObjectType } from "../../shared/kernel/graphql.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime, GraphQLDuration, GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";

@ObjectType({
  description: "A standing metric query over clusters, whose notable values are told as METRIC_UPDATE events.",
  simpleResolvers: true,
})
export class MetricWatch {
  @Field(() => GraphQLUUID, { description: "Unique identifier." })
  readonly id!: string;

  @Field(() => String, { description: "Unique name." })
  readonly name!: string;

  @Field(() => String, { description: "PromQL expression, evaluated at an instant." })
  readonly query!: string;

  @Field(() => GraphQLJSONObject, { description: "The selector of the clusters it asks; empty for all." })
  readonly selector!: Record<string, unknown>;

  @Field(() => GraphQLDuration, { description: "How often it asks." })
  readonly every!: string;

  @Field(() => Float, { nullable: true, description: "A value above is told, and when it comes back." })
  readonly above!: number | null;

  @Field(() => Float, { nullable: true, description: "A value below is told, and when it comes back." })
  readonly below!: number | null;

  @Field(() => Float, { nullable: true, description: "A move by as many percent since it last told is told." })
  readonly changePercent!: number | null;

  @Field(() => String, { description: "Who created it." })
  readonly createdBy!: string;

  @Field(() => GraphQLDateTime, { description: "When it was created." })
  readonly createdAt!: Date;

  @Field(() => GraphQLDateTime, { description: "When it was last changed." })
  readonly updatedAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it last asked. Null before it first did." })
  readonly lastRunAt!: Date | null;

  @Field(() => String, { nullable: true, description: "What went wrong then: how many clusters, and why." })
  readonly lastError!: string | null;
}

export const MetricWatchPage = pageType(() => MetricWatch, "MetricWatch");
export type MetricWatchPage = InstanceType<typeof MetricWatchPage>;
