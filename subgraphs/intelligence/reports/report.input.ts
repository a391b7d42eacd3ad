import { z } from "zod";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, Float, InputType } from "../../shared/kernel/graphql.ts";
import { GraphQLDuration, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { TimeRangeInput } from "../../shared/kernel/time-range.input.ts";
import { ReportFormat, ReportStatus, ReportType } from "./report-enums.type.ts";

const price = z.object({
  model: z.string().min(1, "must not be empty").max(100, "at most 100 characters"),
  perHour: z.number().min(0, "must not be negative").max(1_000_000, "at most 1000000"),
});
const parameters = z
  .object({ prices: z.array(price).max(100, "at most 100 prices").nullish() })
  .loose()
  .nullish();

const MOST_CLUSTERS_NAMED = 1000;
const title = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .max(200, "at most 200 characters")
  .regex(/^\P{Cc}*$/u, "must not hold control characters")
  .nullish();

/** What an input of a report has to keep to, whether it is made now or by a schedule. */
export const whatToReport = z
  .object({ title, reportType: z.string(), parameters })
  .loose()
  .superRefine(({ reportType, parameters: given }, ctx) => {
    if (reportType === "INCIDENT_REPORT") return;
    for (const name of ["alertId", "analysisId"]) {
      if ((given?.[name] ?? null) === null) continue;
      ctx.addIssue({ code: "custom", path: ["parameters", name], message: "is only for an INCIDENT_REPORT" });
    }
  });

@InputType({ description: "What an hour of a GPU costs." })
export class GPUPriceInput {
  @Field(() => String, { description: "Of this model, as GPUs name it, in any case." })
  readonly model!: string;

  @Field(() => Float, { description: "In whatever currency; costs come in the same." })
  readonly perHour!: number;
}

@InputType({ description: "What only some types of report need." })
export class ReportParametersInput {
  @Field(() => GraphQLUUID, { nullable: true, description: "Of an INCIDENT_REPORT: the alert that it is about." })
  readonly alertId?: string | null;

  @Field(() => GraphQLUUID, {
    nullable: true,
    description: "Of an INCIDENT_REPORT: the root cause analysis to tell; the alert's latest one unless given.",
  })
  readonly analysisId?: string | null;

  @Field(() => [GPUPriceInput], { nullable: true, description: "For what unused GPUs cost: at most 100." })
  readonly prices?: GPUPriceInput[] | null;
}

@InputType({ description: "A report to make." })
export class GenerateReportInput {
  static readonly rules = whatToReport.and(
    z.object({ clusterIds: z.array(z.string()).max(MOST_CLUSTERS_NAMED, `at most ${MOST_CLUSTERS_NAMED}`).nullish() }),
  );

  @Field(() => ReportType, { description: "What it is about." })
  readonly reportType!: ReportType;

  @Field(() => ReportFormat, { defaultValue: "HTML", description: "What it is written in." })
  readonly format!: ReportFormat;

  @Field(() => String, { nullable: true, description: "What it is called; made from what it is about unless given." })
  readonly title?: string | null;

  @Field(() => [GraphQLUUID], {
    nullable: true,
    description: "Of these clusters; of all where empty, or of the alert's. At most 500 in one report.",
  })
  readonly clusterIds?: string[] | null;

  @Field(() => ClusterSelectorInput, { nullable: true, description: "Of clusters by what they are." })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => TimeRangeInput, {
    nullable: true,
    description:
      "Over this time: 5 minutes to 92 days. The last 24 hours unless given, the last 7 days of a CAPACITY_PLAN.",
  })
  readonly range?: TimeRangeInput | null;

  @Field(() => ReportParametersInput, { nullable: true, description: "What some types need." })
  readonly parameters?: ReportParametersInput | null;

  @Field(() => GraphQLDuration, { defaultValue: "30d", description: "How long it is kept: 1h to 365d." })
  readonly expiresIn!: string;
}

@InputType({ description: "Which reports: those that match every given part." })
export class ReportFilterInput {
  @Field(() => [ReportType], { nullable: true, description: "Of these types; of any where empty." })
  readonly reportTypes?: ReportType[] | null;

  @Field(() => [ReportFormat], { nullable: true, description: "In these formats; in any where empty." })
  readonly formats?: ReportFormat[] | null;

  @Field(() => [ReportStatus], { nullable: true, description: "So far; however far where empty." })
  readonly statuses?: ReportStatus[] | null;

  @Field(() => GraphQLUUID, { nullable: true, description: "Made by this schedule." })
  readonly scheduleId?: string | null;
}
