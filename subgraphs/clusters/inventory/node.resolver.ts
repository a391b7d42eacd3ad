import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import type { ClustersContext } from "../context.ts";
import { toCluster } from "../registry/cluster.mapper.ts";
import { Cluster } from "../registry/cluster.type.ts";
import { PodFilterInput } from "./inventory.input.ts";
import { toNode, toPage, toPod } from "./inventory.mapper.ts";
import { Node } from "./node.type.ts";
import type { InventoryPage } from "./page.type.ts";
import { type Pod, PodPage } from "./pod.type.ts";

@Resolver(() => Node)
export class NodeResolver {
  @Query(() => Node, { nullable: true, description: "One node. Null where there is none to be seen." })
  async node(
    @Ctx() { inventory }: ClustersContext,
    @Arg("clusterId", () => GraphQLUUID, { description: "Its cluster." }) clusterId: string,
    @Arg("name", () => String, { description: "Its name." }) name: string,
  ): Promise<Node | null> {
    const found = await inventory.node(clusterId, name);
    return found && toNode(found);
  }

  @FieldResolver(() => Cluster, { nullable: true, description: "Its cluster." })
  async cluster(@Root() { clusterId }: Node, @Ctx() { clusterById }: ClustersContext): Promise<Cluster | null> {
    const row = await clusterById.load(clusterId);
    return row && toCluster(row);
  }

  @FieldResolver(() => PodPage, { nullable: true, description: "The pods on it, by namespace and name." })
  async pods(
    @Root() { clusterId, name }: Node,
    @Ctx() { inventory }: ClustersContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => PodFilterInput, { nullable: true, description: "Which of them; its node is this one." })
    filter?: PodFilterInput | null,
  ): Promise<InventoryPage<Pod> | null> {
    const found = await inventory.pods(clusterId, page, { ...filter, node: name });
    return found && toPage(found, page, toPod);
  }
}
