import { Directive, Field, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Alert } from "../alert.type.ts";
import { Cluster } from "../cluster.type.ts";
import { RootCause } from "./evidence.type.ts";
import { Incident } from "./incident.type.ts";
import { AnalysisStatus, Verdict } from "./root-cause-enums.type.ts";

@ObjectType({ description: "How far a search for a root cause is.", simpleResolvers: true })
export class RootCauseProgress {
  @Field(() => String, { description: "What it does." })
  readonly step!: string;

  @Field(() => Int, { description: "Steps that are done." })
  readonly done!: number;

  @Field(() => Int, { description: "Steps in all." })
  readonly total!: number;
}

@Directive('@key(fields: "id")')
@ObjectType({
  description: "A search for the root cause of an alert, an anomaly or a bad stretch of time, and what it found.",
  simpleResolvers: true,
})
export class RootCauseAnalysis {
  @Field(() => GraphQLUUID, { description: "Unique identifier." })
  readonly id!: string;

  @Field(() => AnalysisStatus, { description: "How far it is." })
  readonly status!: keyof typeof AnalysisStatus;

  @Field(() => Verdict, { nullable: true, description: "How sure its first cause is. Null until it is complete." })
  readonly verdict!: keyof typeof Verdict | null;

  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Field(() => Cluster, { description: "Its cluster." })
  readonly cluster!: Cluster;

  @Field(() => Alert, { nullable: true, description: "The alert that it is to explain, if it is one." })
  readonly alert!: Alert | null;

  @Field(() => GraphQLUUID, {
    nullable: true,
    description: "The id of the anomaly that it is to explain, if it is one.",
  })
  readonly anomalyId!: string | null;

  @Field(() => String, { nullable: true, description: "The namespace it began in. Null where it began with none." })
  readonly namespace!: string | null;

  @Field(() => GraphQLDateTime, { description: "When the trouble began, as far as that can be seen." })
  readonly onset!: Date;

  @Field(() => GraphQLDateTime, { description: "From when it looked, what was usual before not included." })
  readonly windowStart!: Date;

  @Field(() => GraphQLDateTime, { description: "Until when it looked." })
  readonly windowEnd!: Date;

  @Field(() => [RootCause], { description: "Possible causes, the likeliest first. Empty until it is complete." })
  readonly causes!: RootCause[];

  @Field(() => Incident, { nullable: true, description: "The alerts that belong to it. Null where there are none." })
  readonly incident!: Incident | null;

  @Field(() => [String], { description: "What it had to do without, and why." })
  readonly missing!: string[];

  @Field(() => RootCauseProgress, { nullable: true, description: "How far it is. Null when it is over." })
  readonly progress!: RootCauseProgress | null;

  @Field(() => String, { nullable: true, description: "Why it failed, if it did." })
  readonly error!: string | null;

  @Field(() => String, { description: "Who asked for it." })
  readonly createdBy!: string;

  @Field(() => GraphQLDateTime, { description: "When it was asked for." })
  readonly createdAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it was over. Null while it runs." })
  readonly finishedAt!: Date | null;
}

export const RootCauseAnalysisPage = pageType(() => RootCauseAnalysis, "RootCauseAnalysis");
export type RootCauseAnalysisPage = InstanceType<typeof RootCauseAnalysisPage>;
