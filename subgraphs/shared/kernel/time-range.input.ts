import { Field, InputType } from "./graphql.ts";
import { GraphQLDateTime, GraphQLDuration } from "./scalars.ts";
import type { AskedRange } from "./time-range.ts";

/** The range of every field that has one; `timeRange` (time-range.ts) says what it means, and refuses what means nothing. */
@InputType({
  description:
    "A stretch of time: from start to end, or a duration before the end or after the start. The last hour where nothing is given.",
})
export class TimeRangeInput implements AskedRange {
  @Field(() => GraphQLDateTime, { nullable: true, description: "Where it begins." })
  readonly start?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "Where it ends; now unless given." })
  readonly end?: Date | null;

  @Field(() => GraphQLDuration, {
    nullable: true,
    description: "How long it is, such as 30m or 7d; one hour unless given. Not with both start and end.",
  })
  readonly duration?: string | null;
}
