import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Arg, Ctx, Query, Resolver } from "../../shared/kernel/graphql.ts";
import type { ClustersContext } from "../context.ts";
import { toFleetCapabilities } from "./fleet-capabilities.mapper.ts";
import { FleetCapabilities } from "./fleet-capabilities.type.ts";

@Resolver()
export class FleetCapabilitiesResolver {
  @Query(() => FleetCapabilities, { description: "What the fleet has: GPUs, backends, meshes and network functions." })
  async fleetCapabilities(
    @Ctx() { capabilities, operation }: ClustersContext,
    @Arg("selector", () => ClusterSelectorInput, { nullable: true, description: "Which clusters; all unless given." })
    selector?: ClusterSelectorInput | null,
  ): Promise<FleetCapabilities> {
    return toFleetCapabilities(await capabilities.fleet(operation.identity, selector ?? {}));
  }
}
