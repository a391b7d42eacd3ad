import { Ctx, FieldResolver, Resolver, Root } from "../../shared/kernel/graphql.ts";
import type { ClustersContext } from "../context.ts";
import { toNode, toPod } from "./inventory.mapper.ts";
import { KubernetesEvent } from "./kubernetes-event.type.ts";
import { Node } from "./node.type.ts";
import { Pod } from "./pod.type.ts";

@Resolver(() => KubernetesEvent)
export class KubernetesEventResolver {
  @FieldResolver(() => Pod, {
    nullable: true,
    description: "The pod it is about. Null if about none, or one that is gone.",
  })
  async pod(
    @Root() { clusterId, involved: { kind, namespace, name } }: KubernetesEvent,
    @Ctx() { inventory }: ClustersContext,
  ): Promise<Pod | null> {
    const found = kind === "Pod" && namespace && name ? await inventory.pod(clusterId, namespace, name) : null;
    return found && toPod(found);
  }

  @FieldResolver(() => Node, {
    nullable: true,
    description: "The node it is about. Null if about none, or one that is gone.",
  })
  async node(
    @Root() { clusterId, involved: { kind, name } }: KubernetesEvent,
    @Ctx() { inventory }: ClustersContext,
  ): Promise<Node | null> {
    const found = kind === "Node" && name ? await inventory.node(clusterId, name) : null;
    return found && toNode(found);
  }
}
