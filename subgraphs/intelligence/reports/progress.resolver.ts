import { Arg, Resolver, Root, Subscription } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import type { FleetContext } from "../context.ts";
import { toReport } from "./report.mapper.ts";
import type { ReportRow } from "./report.repository.ts";
import { Report } from "./report.type.ts";
import type { ReportsContext } from "./reports.context.ts";

function subscribe({ args, context }: { args: { id: string }; context: FleetContext & ReportsContext }) {
  return context.reports.follow(context.operation, args.id);
}

@Resolver()
export class ReportProgressResolver {
  @Subscription(() => Report, {
    description: "How a report is, and then each step of its making. It ends when that is over.",
    subscribe: subscribe as never,
  })
  reportProgress(
    @Root() row: ReportRow,
    @Arg("id", () => GraphQLUUID, { description: "The report." }) _id: string,
  ): Report {
    return toReport(row);
  }
}
