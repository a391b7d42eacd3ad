import { Args, Ctx, FieldResolver, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import type { ClustersContext } from "../context.ts";
import { toCluster } from "../registry/cluster.mapper.ts";
import { Cluster } from "../registry/cluster.type.ts";
import { FleetHealthArgs } from "./fleet-health.input.ts";
import { toFleetHealth } from "./fleet-health.mapper.ts";
import { ClusterHealth, FleetHealth } from "./fleet-health.type.ts";

@Resolver(() => ClusterHealth)
export class FleetHealthResolver {
  @Query(() => FleetHealth, { description: "How the fleet is, and which clusters are worst." })
  async fleetHealth(
    @Ctx() { health, operation }: ClustersContext,
    @Args(() => FleetHealthArgs) { selector, first }: FleetHealthArgs,
  ): Promise<FleetHealth> {
    return toFleetHealth(await health.fleet(selector ?? {}), operation.startedAt, first);
  }

  @FieldResolver(() => Cluster, { nullable: true, description: "The cluster. Null where it was deleted just now." })
  async cluster(@Root() { id }: ClusterHealth, @Ctx() { clusterById }: ClustersContext): Promise<Cluster | null> {
    const row = await clusterById.load(id);
    return row && toCluster(row);
  }
}
