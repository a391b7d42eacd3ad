import { Arg, Ctx, FieldResolver, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import type { ClustersContext } from "../context.ts";
import { toCluster } from "../registry/cluster.mapper.ts";
import { Cluster } from "../registry/cluster.type.ts";
import { toNode, toPod } from "./inventory.mapper.ts";
import { Node } from "./node.type.ts";
import { Pod } from "./pod.type.ts";

@Resolver(() => Pod)
export class PodResolver {
  @Query(() => Pod, { nullable: true, description: "One pod. Null where there is none to be seen." })
  async pod(
    @Ctx() { inventory }: ClustersContext,
    @Arg("clusterId", () => GraphQLUUID, { description: "Its cluster." }) clusterId: string,
    @Arg("namespace", () => String, { description: "Its namespace." }) namespace: string,
    @Arg("name", () => String, { description: "Its name." }) name: string,
  ): Promise<Pod | null> {
    const found = await inventory.pod(clusterId, namespace, name);
    return found && toPod(found);
  }

  @FieldResolver(() => Cluster, { nullable: true, description: "Its cluster." })
  async cluster(@Root() { clusterId }: Pod, @Ctx() { clusterById }: ClustersContext): Promise<Cluster | null> {
    const row = await clusterById.load(clusterId);
    return row && toCluster(row);
  }

  @FieldResolver(() => Node, { nullable: true, description: "The node it is on. Null before it is placed on one." })
  async node(@Root() { clusterId, nodeName }: Pod, @Ctx() { inventory }: ClustersContext): Promise<Node | null> {
    const found = nodeName ? await inventory.node(clusterId, nodeName) : null;
    return found && toNode(found);
  }
}
