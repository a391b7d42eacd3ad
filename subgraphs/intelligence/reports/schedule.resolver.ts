import { Arg, Args, Ctx, Mutation, Query, Resolver } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import type { FleetContext } from "../context.ts";
import { toReport } from "./report.mapper.ts";
import { Report } from "./report.type.ts";
import type { ReportsContext } from "./reports.context.ts";
import { ReportScheduleInput } from "./schedule.input.ts";
import { toReportSchedule } from "./schedule.mapper.ts";
import { ReportSchedule, ReportSchedulePage } from "./schedule.type.ts";

type Context = FleetContext & ReportsContext;

const WHICH = { description: "The schedule." } as const;

@Resolver(() => ReportSchedule)
export class ScheduleResolver {
  @Query(() => ReportSchedulePage, {
    description: "One's own report schedules, and everybody's for an administrator of the whole fleet, by name.",
  })
  async reportSchedules(
    @Ctx() { reportSchedules, operation }: Context,
    @Args(() => PageArgs) page: PageArgs,
  ): Promise<ReportSchedulePage> {
    const { items, ...rest } = await reportSchedules.page(operation, page);
    return { ...rest, items: items.map(toReportSchedule) };
  }

  @Mutation(() => ReportSchedule, {
    description: "Make a report again and again, of what one may see now. Needs operator.",
  })
  async createReportSchedule(
    @Ctx() { reportSchedules, operation }: Context,
    @Arg("input", () => ReportScheduleInput, { description: "What to report, and when." }) input: ReportScheduleInput,
  ): Promise<ReportSchedule> {
    return toReportSchedule(await reportSchedules.create(operation, input));
  }

  @Mutation(() => ReportSchedule, { description: "Replace a report schedule. Needs operator." })
  async updateReportSchedule(
    @Ctx() { reportSchedules, operation }: Context,
    @Arg("id", () => GraphQLUUID, WHICH) id: string,
    @Arg("input", () => ReportScheduleInput, { description: "What to report from now on, and when." })
    input: ReportScheduleInput,
  ): Promise<ReportSchedule> {
    return toReportSchedule(await reportSchedules.update(operation, id, input));
  }

  @Mutation(() => ReportSchedule, {
    description: "Delete a report schedule; its reports are kept. Answers with it as it was. Needs operator.",
  })
  async deleteReportSchedule(
    @Ctx() { reportSchedules, operation }: Context,
    @Arg("id", () => GraphQLUUID, WHICH) id: string,
  ): Promise<ReportSchedule> {
    return toReportSchedule(await reportSchedules.delete(operation, id));
  }

  @Mutation(() => Report, {
    description: "Make a schedule's report now, beside its times; it is its creator's. Needs operator.",
  })
  async runReportSchedule(
    @Ctx() { reportScheduleRuns, operation }: Context,
    @Arg("id", () => GraphQLUUID, WHICH) id: string,
  ): Promise<Report> {
    return toReport(await reportScheduleRuns.runNow(operation, id));
  }
}
