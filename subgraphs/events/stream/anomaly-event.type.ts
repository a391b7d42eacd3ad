import { Field, Float, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { AnomalyDetection } from "../anomaly-detection.type.ts";
import { Event } from "./event.type.ts";

@ObjectType({
  implements: Event,
  description: "A metric behaves as it does not otherwise. What was found travels in the event; the rest is joined.",
  simpleResolvers: true,
})
export class AnomalyDetected extends Event {
  @Field(() => AnomalyDetection, {
    nullable: true,
    description: "The anomaly, as it is now. Null once it is forgotten.",
  })
  readonly anomaly!: AnomalyDetection | null;

  @Field(() => GraphQLUUID, {
    nullable: true,
    description: "The rule that looked for it. Null where somebody only asked.",
  })
  readonly ruleId!: string | null;

  @Field(() => String, { description: "The metric's name." })
  readonly metricName!: string;

  @Field(() => GraphQLJSONObject, { description: "The series' labels." })
  readonly labels!: Record<string, string>;

  @Field(() => String, {
    description: "How bad it is: HIGH, MEDIUM or LOW. A filter takes them for CRITICAL, WARNING and INFO.",
  })
  readonly severity!: string;

  @Field(() => String, { description: "What kind it is, such as SPIKE, DROP or PATTERN_BREAK." })
  readonly anomalyType!: string;

  @Field(() => Float, { description: "How rare it is: the higher, the rarer." })
  readonly score!: number;

  @Field(() => GraphQLDateTime, { description: "When it was found." })
  readonly detectedAt!: Date;
}
