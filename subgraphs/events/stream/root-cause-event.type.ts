import { Field, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime } from "../../shared/kernel/scalars.ts";
import { RootCauseAnalysis } from "../root-cause-analysis.type.ts";
import { Event } from "./event.type.ts";

@ObjectType({ implements: Event, description: "A root cause analysis is done.", simpleResolvers: true })
export class RootCauseCompleted extends Event {
  @Field(() => RootCauseAnalysis, {
    nullable: true,
    description: "The analysis, as it is now. Null once it is forgotten.",
  })
  readonly analysis!: RootCauseAnalysis | null;

  @Field(() => String, { description: "What was to be explained." })
  readonly subject!: string;

  @Field(() => String, { description: "How sure it is of what it found." })
  readonly verdict!: string;

  @Field(() => String, { nullable: true, description: "The likeliest cause. Null where none was found." })
  readonly topCause!: string | null;

  @Field(() => GraphQLDateTime, { description: "When it was done." })
  readonly finishedAt!: Date;
}
