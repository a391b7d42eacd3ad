import { Field, Float, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime, GraphQLDuration, GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { ClusterOutcome } from "../cluster.type.ts";
import { DetectionType } from "./anomaly.type.ts";
import { DESCRIPTIONS } from "./detection.input.ts";

@ObjectType({ description: "How a run of a detection rule went.", simpleResolvers: true })
export class DetectionRun {
  @Field(() => Int, { description: "How long it took, in milliseconds." })
  readonly durationMs!: number;

  @Field(() => Int, { description: "Series that were looked at." })
  readonly seriesScanned!: number;

  @Field(() => Int, { description: "Their points since the run before: only these can be anomalies." })
  readonly pointsScanned!: number;

  @Field(() => Int, { description: "Anomalies that were recorded." })
  readonly recorded!: number;

  @Field(() => Int, { description: "Anomalies of them that were told as events." })
  readonly notified!: number;

  @Field(() => Boolean, { description: "Whether every cluster that was asked answered completely." })
  readonly complete!: boolean;

  @Field(() => [ClusterOutcome], { description: "How asking each cluster ended, by cluster name: at most 1000." })
  readonly outcomes!: ClusterOutcome[];
}

@ObjectType({
  description: "A standing search for anomalies in all series that a query has over many clusters.",
  simpleResolvers: true,
})
export class DetectionRule {
  @Field(() => GraphQLUUID, { description: "Unique identifier." })
  readonly id!: string;

  @Field(() => String, { description: "Unique name." })
  readonly name!: string;

  @Field(() => String, { nullable: true, description: "What it is for." })
  readonly description!: string | null;

  @Field(() => String, { description: "PromQL expression." })
  readonly expression!: string;

  @Field(() => GraphQLJSONObject, { description: "The selector of the clusters it asks; empty for all." })
  readonly selector!: Record<string, unknown>;

  @Field(() => DetectionType, { description: "How it looks." })
  readonly method!: DetectionType;

  @Field(() => Float, { description: DESCRIPTIONS.sensitivity })
  readonly sensitivity!: number;

  @Field(() => Float, { nullable: true, description: DESCRIPTIONS.above })
  readonly above!: number | null;

  @Field(() => Float, { nullable: true, description: DESCRIPTIONS.below })
  readonly below!: number | null;

  @Field(() => GraphQLDuration, { description: "How often it looks." })
  readonly every!: string;

  @Field(() => GraphQLDuration, { description: "How far the points are apart that it looks at." })
  readonly step!: string;

  @Field(() => GraphQLDuration, { description: "How much history a series is judged by." })
  readonly window!: string;

  @Field(() => Float, {
    description: "The score from which it tells an anomaly as an event; from 3 on it records one.",
  })
  readonly notifyScore!: number;

  @Field(() => Boolean, { description: "Whether it runs." })
  readonly enabled!: boolean;

  @Field(() => GraphQLDateTime, { nullable: true, description: "Until when it records and tells nothing." })
  readonly mutedUntil!: Date | null;

  @Field(() => String, { description: "Who created it. It sees what they may see." })
  readonly createdBy!: string;

  @Field(() => GraphQLDateTime, { description: "When it was created." })
  readonly createdAt!: Date;

  @Field(() => GraphQLDateTime, { description: "When it was last changed." })
  readonly updatedAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it last ran. Null before it first did." })
  readonly lastRunAt!: Date | null;

  @Field(() => String, { nullable: true, description: "What went wrong then: how many clusters, and why." })
  readonly lastError!: string | null;

  @Field(() => DetectionRun, {
    nullable: true,
    description: "How the last run went that could ask its clusters. Null before there was one.",
  })
  readonly lastRun!: DetectionRun | null;
}

export const DetectionRulePage = pageType(() => DetectionRule, "DetectionRule");
export type DetectionRulePage = InstanceType<typeof DetectionRulePage>;
