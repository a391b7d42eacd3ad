import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster } from "../cluster.type.ts";
import type { FleetContext } from "../context.ts";
import { GenerateReportInput, ReportFilterInput } from "./report.input.ts";
import { toReport } from "./report.mapper.ts";
import { Report, ReportPage } from "./report.type.ts";
import type { ReportsContext } from "./reports.context.ts";

type Context = FleetContext & ReportsContext;

const WHICH = { description: "The report." } as const;

@Resolver(() => Report)
export class ReportResolver {
  @Query(() => Report, { nullable: true, description: "One report." })
  async report(
    @Ctx() { reports, operation }: Context,
    @Arg("id", () => GraphQLUUID, WHICH) id: string,
  ): Promise<Report> {
    return toReport(await reports.one(operation, id));
  }

  @Query(() => ReportPage, {
    description:
      "One's own reports, and everybody's for an administrator, the latest first. None that tells of a cluster that one may not see.",
  })
  async reports(
    @Ctx() { reports, operation }: Context,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => ReportFilterInput, { nullable: true, description: "Which; all unless given." })
    filter?: ReportFilterInput | null,
  ): Promise<ReportPage> {
    const { items, ...rest } = await reports.page(operation, filter ?? {}, page);
    return { ...rest, items: items.map(toReport) };
  }

  @FieldResolver(() => [Cluster], { description: "The clusters that it tells of, those that are there still." })
  async clusters(@Root() { clusterScope }: Report, @Ctx() { targetById }: Context): Promise<Cluster[]> {
    const found = await Promise.all(clusterScope.map((id) => targetById.load(id)));
    return found.flatMap((target) => (target ? [{ id: target.id }] : []));
  }

  @Mutation(() => Report, {
    description:
      "Make a report of what one may see. It answers at once, while the report waits and is made: see its status, reportProgress and the event REPORT_GENERATED.",
  })
  async generateReport(
    @Ctx() { reports, operation }: Context,
    @Arg("input", () => GenerateReportInput, { description: "What to report, and how." }) input: GenerateReportInput,
  ): Promise<Report> {
    return toReport(await reports.generate(operation, input));
  }

  @Mutation(() => Report, { description: "End the making of a report, wherever it is made." })
  async cancelReport(
    @Ctx() { reports, operation }: Context,
    @Arg("id", () => GraphQLUUID, WHICH) id: string,
  ): Promise<Report> {
    return toReport(await reports.cancel(operation, id));
  }

  @Mutation(() => Report, { description: "Delete a report, and what was stored of it. Answers with it as it was." })
  async deleteReport(
    @Ctx() { reports, operation }: Context,
    @Arg("id", () => GraphQLUUID, WHICH) id: string,
  ): Promise<Report> {
    return toReport(await reports.delete(operation, id));
  }
}
