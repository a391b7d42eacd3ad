import { z } from "zod";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, InputType, Int } from "../../shared/kernel/graphql.ts";
import { GraphQLDuration } from "../../shared/kernel/scalars.ts";
import { ReportParametersInput, whatToReport } from "./report.input.ts";
import { ReportFormat, ReportType } from "./report-enums.type.ts";
import { cronProblem } from "./schedule.window.ts";

@InputType({ description: "A report to make again and again." })
export class ReportScheduleInput {
  static readonly rules = whatToReport.and(
    z
      .object({
        name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "1 to 63 small letters, digits and hyphens"),
        cron: z.string(),
        timeZone: z.string(),
        retentionDays: z.number().int().min(1, "1 to 365").max(365, "1 to 365"),
      })
      .superRefine(({ cron, timeZone }, ctx) => {
        const problem = cronProblem(cron, timeZone);
        if (problem) ctx.addIssue({ code: "custom", path: [problem.field], message: problem.message });
      }),
  );

  @Field(() => String, { description: "Unique name: 1 to 63 small letters, digits and hyphens." })
  readonly name!: string;

  @Field(() => String, {
    nullable: true,
    description: "What its reports are called; made from what each is about unless given.",
  })
  readonly title?: string | null;

  @Field(() => ReportType, { description: "What its reports are about." })
  readonly reportType!: ReportType;

  @Field(() => ReportFormat, { defaultValue: "HTML", description: "What they are written in." })
  readonly format!: ReportFormat;

  @Field(() => ClusterSelectorInput, {
    nullable: true,
    description: "Clusters to report on, as they are each time; all unless given. At most 500.",
  })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => ReportParametersInput, { nullable: true, description: "What some types need." })
  readonly parameters?: ReportParametersInput | null;

  @Field(() => String, {
    description:
      'When: minute, hour, day of the month, month and day of the week, such as "0 7 * * MON". Every 15 minutes at most.',
  })
  readonly cron!: string;

  @Field(() => String, { defaultValue: "UTC", description: "The time zone that these are in, such as Europe/Berlin." })
  readonly timeZone!: string;

  @Field(() => GraphQLDuration, {
    nullable: true,
    description: "How much time a report is over: 5m to 92d; 24h unless given, 7d of a CAPACITY_PLAN.",
  })
  readonly range?: string | null;

  @Field(() => Int, { defaultValue: 30, description: "How many days a report is kept: 1 to 365." })
  readonly retentionDays!: number;

  @Field(() => Boolean, { defaultValue: true, description: "Whether it runs." })
  readonly enabled!: boolean;
}
