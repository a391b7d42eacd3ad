import { Field, Int, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLDuration, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { ResultType } from "../../shared/upstreams/prometheus/schema.ts";
import { Cluster, ClusterOutcome } from "../cluster.type.ts";
import { GlobalMetrics } from "./global.type.ts";
import { MetricSeries } from "./series.type.ts";

export const MetricStatus = { SUCCESS: "SUCCESS", ERROR: "ERROR", TIMEOUT: "TIMEOUT", PARTIAL: "PARTIAL" } as const;
export type MetricStatus = (typeof MetricStatus)[keyof typeof MetricStatus];

registerEnumType(MetricStatus, {
  name: "MetricStatus",
  description: "How one cluster's query ended. The outcome says more.",
  valuesConfig: {
    SUCCESS: { description: "A complete answer." },
    ERROR: { description: "No answer." },
    TIMEOUT: { description: "No complete answer in time." },
    PARTIAL: { description: "An answer that the backend calls incomplete, or that was cut at a limit." },
  },
});
registerEnumType(ResultType, {
  name: "MetricResultType",
  description: "The kind of value that a PromQL expression has.",
  valuesConfig: {
    MATRIX: { description: "Series with samples over time." },
    VECTOR: { description: "Series with one sample each." },
    SCALAR: { description: "A number." },
    STRING: { description: "A text." },
  },
});

@ObjectType({ description: "One cluster's answer to a metric query.", simpleResolvers: true })
export class MetricResult {
  @Field(() => GraphQLUUID, { description: "The cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "The cluster's name." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "The cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => MetricStatus, { description: "How it ended." })
  readonly status!: MetricStatus;

  @Field(() => ResultType, { nullable: true, description: "The kind of value. Null without an answer." })
  readonly resultType!: ResultType | null;

  @Field(() => [MetricSeries], { description: "The series. A SCALAR or STRING is one series without labels." })
  readonly data!: readonly MetricSeries[];

  @Field(() => String, { nullable: true, description: "Why there is no answer, if there is none." })
  readonly error!: string | null;

  @Field(() => Int, { description: "How long the query took, in milliseconds." })
  readonly queryTimeMs!: number;

  @Field(() => Boolean, { description: "Whether the answer was kept from an earlier query of the same closed window." })
  readonly fromCache!: boolean;

  @Field(() => ClusterOutcome, { description: "How asking this cluster ended." })
  readonly outcome!: ClusterOutcome;
}

@ObjectType({ description: "A metric query's answers from every cluster in scope.", simpleResolvers: true })
export class FederatedMetrics {
  @Field(() => [MetricResult], {
    description: "One for each cluster in scope, by cluster name. None, with the scope GLOBAL.",
  })
  readonly results!: MetricResult[];

  @Field(() => GlobalMetrics, {
    nullable: true,
    description:
      "With the scope GLOBAL, the one answer over all clusters that answered: where complete is false, some are missing in it. Else null.",
  })
  readonly global?: GlobalMetrics | null;

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

  @Field(() => Int, { description: "Clusters in scope that were asked." })
  readonly clustersQueried!: number;

  @Field(() => Int, { description: "Clusters that answered completely." })
  readonly clustersSucceeded!: number;

  @Field(() => Int, { description: "From the first question to the last answer, in milliseconds." })
  readonly totalQueryTimeMs!: number;
}
