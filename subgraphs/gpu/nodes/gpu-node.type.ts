import { Directive, Field, ObjectType } from "../../shared/kernel/graphql.ts";
import type { Page } from "../../shared/kernel/page.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster, ClusterOutcome } from "../cluster.type.ts";
import { Node } from "../node.type.ts";
import type { NodeReading } from "./node-reading.mapper.ts";

@Directive('@key(fields: "clusterId nodeName")')
@ObjectType({ description: "A node with GPUs.", simpleResolvers: true })
export class GPUNode {
  /** What its fields are made of; not part of the graph. */
  readonly reading!: NodeReading;

  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "Its cluster's name." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "Its cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => String, { description: "Its name." })
  readonly nodeName!: string;

  @Field(() => Node, { nullable: true, description: "The node itself." })
  readonly node!: Node | null;

  @Field(() => GraphQLDateTime, { description: "When its exporters were last read." })
  readonly lastUpdated!: Date;
}

/** The pages of spec 8.1, and how asking each cluster ended. */
@ObjectType("GPUNodePage", { description: "One page of nodes with GPUs, over many clusters.", simpleResolvers: true })
export class GPUNodePage extends pageType(() => GPUNode, "GPUNode") implements Page<GPUNode> {
  @Field(() => Boolean, { description: "Whether every cluster that may have GPUs answered completely." })
  readonly complete!: boolean;

  @Field(() => [ClusterOutcome], { description: "How asking each cluster in scope ended, by cluster name." })
  readonly outcomes!: ClusterOutcome[];
}
