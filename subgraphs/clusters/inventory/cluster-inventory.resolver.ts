import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import type { ClustersContext } from "../context.ts";
import { Cluster } from "../registry/cluster.type.ts";
import { KubernetesEventFilterInput, NodesArgs, PodFilterInput } from "./inventory.input.ts";
import { toKubernetesEvent, toNamespace, toNode, toPage, toPod } from "./inventory.mapper.ts";
import { type KubernetesEvent, KubernetesEventPage } from "./kubernetes-event.type.ts";
import { Namespace } from "./namespace.type.ts";
import { type Node, NodePage } from "./node.type.ts";
import type { InventoryPage } from "./page.type.ts";
import { type Pod, PodPage } from "./pod.type.ts";

@Resolver(() => Cluster)
export class ClusterInventoryResolver {
  @FieldResolver(() => NodePage, {
    nullable: true,
    description: "The cluster's nodes, by name. Null, with an error, where it cannot be asked.",
  })
  async nodes(
    @Root() { id }: Cluster,
    @Ctx() { inventory }: ClustersContext,
    @Args(() => NodesArgs) page: NodesArgs,
  ): Promise<InventoryPage<Node> | null> {
    const found = await inventory.nodes(id, page, page.labelSelector ?? null);
    return found && toPage(found, page, toNode);
  }

  @FieldResolver(() => [Namespace], {
    nullable: true,
    description: "The cluster's namespaces, by name. Null, with an error, where it cannot be asked.",
  })
  async namespaces(@Root() { id }: Cluster, @Ctx() { inventory }: ClustersContext): Promise<Namespace[] | null> {
    return (await inventory.namespaces(id))?.map(toNamespace) ?? null;
  }

  @FieldResolver(() => PodPage, {
    nullable: true,
    description:
      "The cluster's pods, by namespace and name. Null, with an error, where it cannot be asked, or has more than 10,000 and the filter names neither namespaces nor a node.",
  })
  async pods(
    @Root() { id }: Cluster,
    @Ctx() { inventory }: ClustersContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => PodFilterInput, { nullable: true, description: "Which ones." })
    filter?: PodFilterInput | null,
  ): Promise<InventoryPage<Pod> | null> {
    const found = await inventory.pods(id, page, filter ?? {});
    return found && toPage(found, page, toPod);
  }

  @FieldResolver(() => KubernetesEventPage, {
    nullable: true,
    description:
      "What the cluster's Kubernetes reported lately, the newest first. Null, with an error, where it cannot be asked, or has more than 10,000 and the filter names no namespace.",
  })
  async kubernetesEvents(
    @Root() { id }: Cluster,
    @Ctx() { inventory }: ClustersContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => KubernetesEventFilterInput, { nullable: true, description: "Which ones." })
    filter?: KubernetesEventFilterInput | null,
  ): Promise<InventoryPage<KubernetesEvent> | null> {
    const found = await inventory.events(id, page, filter ?? {});
    return found && toPage(found, page, toKubernetesEvent);
  }
}
