import { Field, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Event } from "./event.type.ts";

export const MetricUpdateReason = { THRESHOLD: "THRESHOLD", BACK: "BACK", CHANGE: "CHANGE" } as const;
export type MetricUpdateReason = (typeof MetricUpdateReason)[keyof typeof MetricUpdateReason];
registerEnumType(MetricUpdateReason, {
  name: "MetricUpdateReason",
  description: "Why a watched metric's value was told.",
  valuesConfig: {
    THRESHOLD: { description: "It went over a threshold of the watch." },
    BACK: { description: "It came back from over a threshold." },
    CHANGE: { description: "It moved by as much as the watch asks for." },
  },
});

@ObjectType({ implements: Event, description: "A watched metric has a value worth telling.", simpleResolvers: true })
export class MetricUpdated extends Event {
  @Field(() => GraphQLUUID, { description: "The watch's id." })
  readonly watchId!: string;

  @Field(() => String, { description: "The watch's name." })
  readonly watchName!: string;

  @Field(() => GraphQLJSONObject, { description: "The series' labels." })
  readonly labels!: Record<string, string>;

  @Field(() => String, { description: "The value, as Prometheus writes it." })
  readonly value!: string;

  @Field(() => String, { nullable: true, description: "The value told before. Null for a series' first." })
  readonly previous!: string | null;

  @Field(() => MetricUpdateReason, { description: "Why it was told." })
  readonly reason!: MetricUpdateReason;
}
