import { Arg, Resolver, Root, Subscription } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import type { FleetContext } from "../context.ts";
import { toAnalysis } from "./analysis.mapper.ts";
import type { AnalysisRow } from "./analysis.repository.ts";
import { RootCauseAnalysis } from "./analysis.type.ts";
import type { RootCauseContext } from "./root-cause.context.ts";

function subscribe({ args, context }: { args: { id: string }; context: FleetContext & RootCauseContext }) {
  return context.rootCauses.follow(context.operation, args.id);
}

@Resolver()
export class RootCauseProgressResolver {
  @Subscription(() => RootCauseAnalysis, {
    description: "How a search for a root cause is, and then each step of it. It ends with what was found.",
    subscribe: subscribe as never,
  })
  rootCauseProgress(
    @Root() row: AnalysisRow,
    @Arg("id", () => GraphQLUUID, { description: "The search." }) _id: string,
  ): RootCauseAnalysis {
    return toAnalysis(row);
  }
}
