import { Field, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime, GraphQLDuration, GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { ReportFormat, ReportType } from "./report-enums.type.ts";

@ObjectType({ description: "A report that is made again and again.", simpleResolvers: true })
export class ReportSchedule {
  @Field(() => GraphQLUUID, { description: "Unique identifier." })
  readonly id!: string;

  @Field(() => String, { description: "Unique name." })
  readonly name!: string;

  @Field(() => String, {
    nullable: true,
    description: "What its reports are called; null where that is made from what each is about.",
  })
  readonly title!: string | null;

  @Field(() => ReportType, { description: "What its reports are about." })
  readonly reportType!: ReportType;

  @Field(() => ReportFormat, { description: "What they are written in." })
  readonly format!: ReportFormat;

  @Field(() => GraphQLJSONObject, {
    description: "The selector of the clusters; empty for all. It is asked each time.",
  })
  readonly selector!: Record<string, unknown>;

  @Field(() => GraphQLJSONObject, { description: "What is asked for besides." })
  readonly parameters!: Record<string, unknown>;

  @Field(() => String, { description: "When: minute, hour, day of the month, month, day of the week." })
  readonly cron!: string;

  @Field(() => String, { description: "The time zone that these are in." })
  readonly timeZone!: string;

  @Field(() => GraphQLDuration, { description: "How much time a report is over, back from when it is made." })
  readonly range!: string;

  @Field(() => Int, { description: "How many days a report is kept." })
  readonly retentionDays!: number;

  @Field(() => Boolean, { description: "Whether it runs." })
  readonly enabled!: boolean;

  @Field(() => String, {
    description: "Who created it: its reports are theirs, and made with what they could see then.",
  })
  readonly createdBy!: string;

  @Field(() => GraphQLDateTime, { description: "When it was created." })
  readonly createdAt!: Date;

  @Field(() => GraphQLDateTime, { description: "When it was last changed." })
  readonly updatedAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it runs next. Null where it is not enabled." })
  readonly nextRunAt!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it last ran. Null before it first did." })
  readonly lastRunAt!: Date | null;

  @Field(() => String, { nullable: true, description: "Why its last run led to no report, if it did not." })
  readonly lastError!: string | null;
}

export const ReportSchedulePage = pageType(() => ReportSchedule, "ReportSchedule");
export type ReportSchedulePage = InstanceType<typeof ReportSchedulePage>;
