import { Field, Float, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLDuration, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster } from "../cluster.type.ts";
import { CombinationMethod } from "./global.plan.ts";

@ObjectType({ description: "What a metric query would ask one cluster in scope.", simpleResolvers: true })
export class MetricPlanTarget {
  @Field(() => GraphQLUUID, { description: "The cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "The cluster's name." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "The cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => [String], { description: "The expressions that it would get. None where it is not asked." })
  readonly queries!: string[];

  @Field(() => String, { nullable: true, description: "Why it would not be asked. Null where it is." })
  readonly skipped!: string | null;

  @Field(() => Boolean, { description: "Whether its answers are kept, so that no request goes out." })
  readonly fromCache!: boolean;

  @Field(() => Int, {
    nullable: true,
    description:
      "How many series it would answer: as many as when it was last asked, or as the expression's form says. Null where nobody knows.",
  })
  readonly estimatedSeries!: number | null;
}

@ObjectType({ description: "How an answer over all clusters would come about.", simpleResolvers: true })
export class MetricPlanCombination {
  @Field(() => CombinationMethod, { description: "The kind of way." })
  readonly method!: CombinationMethod;

  @Field(() => [String], {
    description: "The expressions that clusters would be asked, in the order of $1, $2 and so on.",
  })
  readonly leaves!: string[];

  @Field(() => String, {
    nullable: true,
    description: "What would be evaluated over their answers. Null where these are put side by side as they are.",
  })
  readonly combining!: string | null;
}

@ObjectType({ description: "What a metric query would do. Nobody is asked for it.", simpleResolvers: true })
export class MetricPlan {
  @Field(() => [MetricPlanTarget], { description: "One for each cluster in scope, by cluster name." })
  readonly targets!: MetricPlanTarget[];

  @Field(() => MetricPlanCombination, {
    nullable: true,
    description: "How the one answer would come about. Null unless the scope is GLOBAL.",
  })
  readonly combination!: MetricPlanCombination | null;

  @Field(() => Int, { description: "Requests that would go out." })
  readonly requests!: number;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "The range's start as clusters would be asked. Null for an instant.",
  })
  readonly startTime!: Date | null;

  @Field(() => GraphQLDateTime, { description: "The range's end as clusters would be asked. Or the instant." })
  readonly endTime!: Date;

  @Field(() => GraphQLDuration, { nullable: true, description: "The range's step. Null for an instant." })
  readonly step!: string | null;

  @Field(() => Int, { description: "How often the expression is evaluated: samples a series has at most." })
  readonly points!: number;

  @Field(() => Boolean, {
    description: "Whether the window is closed: over so long ago that answers are kept, and shared by equal queries.",
  })
  readonly closed!: boolean;

  @Field(() => Float, {
    nullable: true,
    description: "Samples that the clusters would answer, by their estimated series. Null where one is not known.",
  })
  readonly estimatedSamples!: number | null;
}
