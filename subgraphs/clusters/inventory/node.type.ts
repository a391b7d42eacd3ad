import { Directive, Field, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { inventoryPageType } from "./page.type.ts";

@ObjectType({ description: "Keeps pods off a node unless they tolerate it.", simpleResolvers: true })
export class NodeTaint {
  @Field(() => String, { description: "Its key." })
  readonly key!: string;

  @Field(() => String, { nullable: true, description: "Its value, if it has one." })
  readonly value!: string | null;

  @Field(() => String, { description: "What it does: NoSchedule, PreferNoSchedule or NoExecute." })
  readonly effect!: string;
}

@ObjectType({ description: "One of the things that a node reports about itself.", simpleResolvers: true })
export class NodeCondition {
  @Field(() => String, { description: "What about, such as Ready or MemoryPressure." })
  readonly type!: string;

  @Field(() => String, { description: 'Whether it is so: "True", "False" or "Unknown".' })
  readonly status!: string;

  @Field(() => String, { nullable: true, description: "Why, in one word." })
  readonly reason!: string | null;

  @Field(() => String, { nullable: true, description: "Why, for people." })
  readonly message!: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "Since when it is so." })
  readonly since!: Date | null;
}

@ObjectType({ description: "Where a node is reached.", simpleResolvers: true })
export class NodeAddress {
  @Field(() => String, { description: "InternalIP, ExternalIP, Hostname, InternalDNS or ExternalDNS." })
  readonly type!: string;

  @Field(() => String, { description: "The address or name." })
  readonly address!: string;
}

@Directive('@key(fields: "clusterId name")')
@ObjectType({
  description:
    "A node of a cluster. What is not known is null; of a node that is no longer there, that is all but its key.",
  simpleResolvers: true,
})
export class Node {
  @Field(() => GraphQLUUID, { description: "Its cluster." })
  readonly clusterId!: string;

  @Field(() => String, { description: "Unique in its cluster." })
  readonly name!: string;

  @Field(() => String, {
    nullable: true,
    description: "Its identity: another machine under the same name has another.",
  })
  readonly uid!: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "Whether it takes pods. Null where the control plane has lost sight of it.",
  })
  readonly ready!: boolean | null;

  @Field(() => [String], { nullable: true, description: "Such as control-plane and worker; sorted." })
  readonly roles!: string[] | null;

  @Field(() => Boolean, { nullable: true, description: "Whether it is cordoned: no new pods are placed on it." })
  readonly unschedulable!: boolean | null;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description: "What it has of each resource, in Kubernetes' notation: cpu, memory, pods, nvidia.com/gpu, …",
  })
  readonly capacity!: Record<string, string> | null;

  @Field(() => GraphQLJSONObject, { nullable: true, description: "What of it is for pods." })
  readonly allocatable!: Record<string, string> | null;

  @Field(() => String, { nullable: true, description: 'Such as "v1.31.5".' })
  readonly kubeletVersion!: string | null;

  @Field(() => String, { nullable: true, description: "The operating system's name." })
  readonly osImage!: string | null;

  @Field(() => String, { nullable: true, description: "The kernel's version." })
  readonly kernelVersion!: string | null;

  @Field(() => String, { nullable: true, description: "Such as amd64 or arm64." })
  readonly architecture!: string | null;

  @Field(() => String, { nullable: true, description: 'Such as "cri-o://1.31.5".' })
  readonly containerRuntime!: string | null;

  @Field(() => [NodeAddress], { nullable: true, description: "Where it is reached." })
  readonly addresses!: NodeAddress[] | null;

  @Field(() => [NodeTaint], { nullable: true, description: "What keeps pods off it." })
  readonly taints!: NodeTaint[] | null;

  @Field(() => [NodeCondition], { nullable: true, description: "What it reports about itself." })
  readonly conditions!: NodeCondition[] | null;

  @Field(() => GraphQLJSONObject, { nullable: true, description: "Its labels." })
  readonly labels!: Record<string, string> | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it joined." })
  readonly createdAt!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "The moment shown." })
  readonly asOf!: Date | null;
}

export const NodePage = inventoryPageType(() => Node, "Node");
