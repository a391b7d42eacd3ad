import { Directive, Field, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime, GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { ReportFormat, ReportStatus, ReportType } from "./report-enums.type.ts";

@ObjectType({ description: "The time that a report is over.", simpleResolvers: true })
export class ReportTimeRange {
  @Field(() => GraphQLDateTime, { description: "Where it begins." })
  readonly start!: Date;

  @Field(() => GraphQLDateTime, { description: "Where it ends." })
  readonly end!: Date;
}

@ObjectType({ description: "How far the making of a report is.", simpleResolvers: true })
export class ReportProgress {
  @Field(() => String, { description: "What is being done." })
  readonly step!: string;

  @Field(() => Int, { description: "Steps that are done." })
  readonly done!: number;

  @Field(() => Int, { description: "Steps that there are, as far as is known by now." })
  readonly total!: number;
}

/** Its `clusters` are a field of their own (report.resolver.ts): those that are there still. */
@Directive('@key(fields: "id")')
@ObjectType({ description: "A report, and how far it is (spec 7.1)." })
export class Report {
  @Field(() => GraphQLUUID, { description: "Unique identifier.", simple: true })
  readonly id!: string;

  @Field(() => String, { description: "What it is called.", simple: true })
  readonly title!: string;

  @Field(() => ReportType, { description: "What it is about.", simple: true })
  readonly reportType!: ReportType;

  @Field(() => ReportFormat, { description: "What it is written in.", simple: true })
  readonly format!: ReportFormat;

  @Field(() => ReportStatus, { description: "How far it is.", simple: true })
  readonly status!: ReportStatus;

  @Field(() => [GraphQLUUID], {
    description: "The clusters that it tells of. Who may not see one of them cannot read it.",
    simple: true,
  })
  readonly clusterScope!: string[];

  @Field(() => ReportTimeRange, {
    description: "The time that it was asked for. Of an alert's report, the time around the alert counts instead.",
    simple: true,
  })
  readonly timeRange!: ReportTimeRange;

  @Field(() => GraphQLJSONObject, { description: "What was asked for besides.", simple: true })
  readonly parameters!: Record<string, unknown>;

  @Field(() => String, { description: 'Who asked for it: a user, or "system" for a schedule.', simple: true })
  readonly generatedBy!: string;

  @Field(() => String, { description: "Whose it is: it was made with what they may see.", simple: true })
  readonly owner!: string;

  @Field(() => GraphQLUUID, { nullable: true, description: "The schedule that it was made by.", simple: true })
  readonly scheduleId!: string | null;

  @Field(() => ReportProgress, {
    nullable: true,
    description: "What is done of it. Null unless it is RUNNING.",
    simple: true,
  })
  readonly progress!: ReportProgress | null;

  @Field(() => String, { nullable: true, description: "Why there is none, where it has FAILED.", simple: true })
  readonly error!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Where it is downloaded, on the gateway's address: GET with the same token. Null until it is READY.",
    simple: true,
  })
  readonly downloadUrl!: string | null;

  @Field(() => String, { nullable: true, description: "Its name in the storage.", simple: true })
  readonly storagePath!: string | null;

  @Field(() => Int, { nullable: true, description: "How large it is.", simple: true })
  readonly sizeBytes!: number | null;

  @Field(() => String, { nullable: true, description: "SHA-256 of its bytes, in hexadecimal.", simple: true })
  readonly sha256!: string | null;

  @Field(() => GraphQLDateTime, { description: "When it was asked for.", simple: true })
  readonly createdAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it was done, or given up.", simple: true })
  readonly finishedAt!: Date | null;

  @Field(() => GraphQLDateTime, { description: "When it is removed.", simple: true })
  readonly expiresAt!: Date;
}

export const ReportPage = pageType(() => Report, "Report");
export type ReportPage = InstanceType<typeof ReportPage>;
