import { Field, Float, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime } from "../../shared/kernel/scalars.ts";
import { Report } from "../report.type.ts";
import { Event } from "./event.type.ts";

@ObjectType({ implements: Event, description: "A report is written, or could not be.", simpleResolvers: true })
export class ReportGenerated extends Event {
  @Field(() => Report, { nullable: true, description: "The report, as it is now. Null once it is deleted." })
  readonly report!: Report | null;

  @Field(() => String, { description: "What kind of report, such as INCIDENT_REPORT." })
  readonly reportType!: string;

  @Field(() => String, { description: "What it is written in, such as HTML or PDF." })
  readonly format!: string;

  @Field(() => String, { description: "Its title." })
  readonly title!: string;

  @Field(() => String, { description: "How it came out." })
  readonly status!: string;

  @Field(() => Float, { nullable: true, description: "Its size in bytes. Null where there is no file." })
  readonly sizeBytes!: number | null;

  @Field(() => GraphQLDateTime, { description: "When it was asked for." })
  readonly createdAt!: Date;
}
