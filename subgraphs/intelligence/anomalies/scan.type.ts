import { Field, Float, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime } from "../../shared/kernel/scalars.ts";
import { ClusterOutcome } from "../cluster.type.ts";
import { AnomalyDetection } from "./anomaly.type.ts";

@ObjectType({ description: "What a look for anomalies over many clusters found.", simpleResolvers: true })
export class AnomalyScan {
  @Field(() => [AnomalyDetection], { description: "The anomalies, the rarest first." })
  readonly anomalies!: AnomalyDetection[];

  @Field(() => Int, { description: "How many there are; if more than are shown, the rarest are." })
  readonly total!: number;

  @Field(() => Int, { description: "Findings of all series, before it was counted how many chance alone would make." })
  readonly candidates!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      "The estimated share of false alarms among the series that are told. Null where chance has no part in it.",
  })
  readonly falseDiscoveryRate!: number | null;

  @Field(() => Int, { description: "Series that were looked at." })
  readonly seriesScanned!: number;

  @Field(() => Int, { description: "Their points." })
  readonly pointsScanned!: number;

  @Field(() => GraphQLDateTime, { description: "Where the range began, on the step's grid." })
  readonly startTime!: Date;

  @Field(() => GraphQLDateTime, { description: "Where it ended." })
  readonly endTime!: Date;

  @Field(() => Int, { description: "Seconds between two points." })
  readonly stepSeconds!: number;

  @Field(() => Boolean, { description: "Whether every cluster in scope answered completely." })
  readonly complete!: boolean;

  @Field(() => [ClusterOutcome], { description: "How asking each cluster in scope ended, by cluster name." })
  readonly outcomes!: ClusterOutcome[];

  @Field(() => Int, { description: "How long it took, in milliseconds." })
  readonly tookMs!: number;
}
