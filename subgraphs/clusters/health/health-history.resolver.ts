import { Arg, Ctx, FieldResolver, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { GraphQLDuration } from "../../shared/kernel/scalars.ts";
import { TimeRangeInput } from "../../shared/kernel/time-range.input.ts";
import type { ClustersContext } from "../context.ts";
import { Cluster } from "../registry/cluster.type.ts";
import { HealthSample } from "./health-history.type.ts";
import { historyWindow } from "./health-history.window.ts";

@Resolver(() => Cluster)
export class HealthHistoryResolver {
  @FieldResolver(() => [HealthSample], {
    description:
      "Its health over time, kept for seven days: one sample for each step in which it was checked, oldest first.",
  })
  async healthHistory(
    @Root() { id }: Cluster,
    @Ctx() { health, operation }: ClustersContext,
    @Arg("range", () => TimeRangeInput, { nullable: true, description: "Which stretch; the last hour unless given." })
    range: TimeRangeInput | null | undefined,
    @Arg("step", () => GraphQLDuration, { defaultValue: "1m", description: "How much time a sample stands for." })
    step: string,
  ): Promise<HealthSample[]> {
    return await health.history.load({ clusterId: id, window: historyWindow(range, step, operation.startedAt) });
  }
}
