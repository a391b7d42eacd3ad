import { AnomalySeverity, AnomalyType, DetectionType } from "../../../prisma/generated/enums.ts";
import { Directive, Field, Float, Int, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime, GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster } from "../cluster.type.ts";

registerEnumType(DetectionType, {
  name: "DetectionType",
  description: "How anomalies are looked for.",
  valuesConfig: {
    STATISTICAL: { description: "By statistics of the series itself." },
    ML_BASED: { description: "By a model that is learned from the series as it comes." },
    LLM_ASSISTED: { description: "By statistics, and what they find is judged by the configured language model." },
  },
});
registerEnumType(AnomalySeverity, {
  name: "AnomalySeverity",
  description: "How rare an anomaly is.",
  valuesConfig: {
    HIGH: { description: "Hardly ever seen in the series." },
    MEDIUM: { description: "Seldom seen in the series." },
    LOW: { description: "Unusual for the series." },
  },
});
registerEnumType(AnomalyType, {
  name: "AnomalyType",
  description: "What kind of anomaly it is.",
  valuesConfig: {
    SPIKE: { description: "Higher than expected." },
    DROP: { description: "Lower than expected." },
    TREND_CHANGE: { description: "On another level than before, and staying there." },
    PATTERN_BREAK: { description: "Its values are spread or ordered otherwise than before." },
    THRESHOLD_BREACH: { description: "Beyond a bound that somebody set." },
  },
});

export { AnomalySeverity, AnomalyType, DetectionType };

@ObjectType({ description: "What somebody said about an anomaly, and when.", simpleResolvers: true })
export class AnomalyRemark {
  @Field(() => String, { description: "Who did." })
  readonly by!: string;

  @Field(() => String, { nullable: true, description: "In their words." })
  readonly note!: string | null;

  @Field(() => GraphQLDateTime, { description: "When." })
  readonly at!: Date;
}

@Directive('@key(fields: "id")')
@ObjectType({ description: "A metric that behaved as it does not otherwise.", simpleResolvers: true })
export class AnomalyDetection {
  @Field(() => GraphQLUUID, {
    description: "Unique identifier: the same finding has the same one, however often it is found.",
  })
  readonly id!: string;

  @Field(() => Boolean, { description: "Whether it is kept. What a scan only shows is found by its id no more." })
  readonly recorded!: boolean;

  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "Its cluster's name." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "Its cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => GraphQLUUID, { nullable: true, description: "The rule that found it. Null where somebody only asked." })
  readonly ruleId!: string | null;

  @Field(() => String, { description: "The metric's name." })
  readonly metricName!: string;

  @Field(() => GraphQLJSONObject, { description: "The series' labels." })
  readonly labels!: Record<string, string>;

  @Field(() => String, { nullable: true, description: "The namespace that the labels name." })
  readonly namespace!: string | null;

  @Field(() => String, { description: "The PromQL expression of the series." })
  readonly query!: string;

  @Field(() => Int, { description: "Seconds between the series' points." })
  readonly stepSeconds!: number;

  @Field(() => DetectionType, { description: "How it was looked for." })
  readonly detectionType!: DetectionType;

  @Field(() => AnomalySeverity, { description: "How rare it is, in words." })
  readonly severity!: AnomalySeverity;

  @Field(() => Float, { description: "0 to 1: how sure it is." })
  readonly confidenceScore!: number;

  @Field(() => Float, { description: "How rare it is: at 3 one point in 1,000 is as odd, at 4 one in 10,000." })
  readonly score!: number;

  @Field(() => AnomalyType, { description: "What kind it is." })
  readonly anomalyType!: AnomalyType;

  @Field(() => String, { description: "The statistic that told it." })
  readonly statistic!: string;

  @Field(() => Float, { nullable: true, description: "What was expected. Null where nothing could be." })
  readonly expectedValue!: number | null;

  @Field(() => Float, { nullable: true, description: "The lowest value that would not have been unusual." })
  readonly expectedLow!: number | null;

  @Field(() => Float, { nullable: true, description: "The highest value that would not have been unusual." })
  readonly expectedHigh!: number | null;

  @Field(() => Float, { description: "What it was." })
  readonly actualValue!: number;

  @Field(() => Float, {
    nullable: true,
    description: "How far from expected, in percent of it. Null where that says nothing.",
  })
  readonly deviationPercent!: number | null;

  @Field(() => String, { description: "What is unusual, in a sentence." })
  readonly explanation!: string;

  @Field(() => String, { nullable: true, description: "What the model said of it. Null unless it was asked." })
  readonly judgement!: string | null;

  @Field(() => String, { nullable: true, description: "Which model that was." })
  readonly model!: string | null;

  @Field(() => GraphQLDateTime, { description: "When what was found began." })
  readonly startedAt!: Date;

  @Field(() => GraphQLDateTime, { description: "The point at which it could be told." })
  readonly detectedAt!: Date;

  @Field(() => Boolean, { description: "Whether it was told as an event." })
  readonly notified!: boolean;

  @Field(() => AnomalyRemark, { nullable: true, description: "Who has seen it, if somebody said so." })
  readonly acknowledgement!: AnomalyRemark | null;

  @Field(() => AnomalyRemark, { nullable: true, description: "Who marked it as expected, if somebody did." })
  readonly expected!: AnomalyRemark | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "Until when its series is muted, from here." })
  readonly mutedUntil!: Date | null;
}

export const AnomalyPage = pageType(() => AnomalyDetection, "Anomaly");
export type AnomalyPage = InstanceType<typeof AnomalyPage>;
