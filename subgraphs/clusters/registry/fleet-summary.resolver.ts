import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Arg, Ctx, Query, Resolver } from "../../shared/kernel/graphql.ts";
import type { ClustersContext } from "../context.ts";
import { summarise } from "./fleet-summary.mapper.ts";
import { FleetSummary } from "./fleet-summary.type.ts";

@Resolver()
export class FleetSummaryResolver {
  @Query(() => FleetSummary, { description: "The fleet in numbers." })
  async fleetSummary(
    @Ctx() { repository, operation }: ClustersContext,
    @Arg("selector", () => ClusterSelectorInput, { nullable: true, description: "Which clusters; all unless given." })
    selector?: ClusterSelectorInput | null,
  ): Promise<FleetSummary> {
    return summarise(await repository.summary(operation.identity, selector ?? {}));
  }
}
