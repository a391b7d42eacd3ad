import { Field, ObjectType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLCursor, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Alert } from "../alert.type.ts";
import { Cluster } from "../cluster.type.ts";
import { GPUNode } from "../gpu-node.type.ts";

export const StateItemKind = { SNAPSHOT: "SNAPSHOT", END_OF_SNAPSHOT: "END_OF_SNAPSHOT", CHANGED: "CHANGED" } as const;
export type StateItemKind = (typeof StateItemKind)[keyof typeof StateItemKind];
registerEnumType(StateItemKind, {
  name: "StateItemKind",
  description: "What an item of a state stream is.",
  valuesConfig: {
    SNAPSHOT: {
      description: "A page of what there is. After anything but a page it begins anew: forget what was known.",
    },
    END_OF_SNAPSHOT: { description: "The snapshot is complete; changes follow." },
    CHANGED: { description: "These changed, or are gone." },
  },
});

@ObjectType({ description: "An item of the stream of clusters and how they are.", simpleResolvers: true })
export class ClusterStateItem {
  @Field(() => StateItemKind, { description: "What this item is." })
  readonly kind!: StateItemKind;

  @Field(() => GraphQLCursor, { description: "The event stream's cursor that this state is of." })
  readonly cursor!: string;

  @Field(() => [Cluster], { description: "Clusters as they are now." })
  readonly clusters!: Cluster[];

  @Field(() => [GraphQLUUID], { description: "Ids of clusters that are no longer to be seen here." })
  readonly removed!: string[];
}

@ObjectType({ description: "An item of the stream of alerts that fire.", simpleResolvers: true })
export class AlertStateItem {
  @Field(() => StateItemKind, { description: "What this item is." })
  readonly kind!: StateItemKind;

  @Field(() => GraphQLCursor, { description: "The event stream's cursor that this state is of." })
  readonly cursor!: string;

  @Field(() => [Alert], { description: "Alerts that fire, as they are now." })
  readonly alerts!: Alert[];

  @Field(() => [GraphQLUUID], { description: "Ids of alerts that fire no more, or are no longer to be seen here." })
  readonly removed!: string[];
}

@ObjectType({ description: "The name of a node that is gone.", simpleResolvers: true })
export class GPUNodeName {
  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "Its name." })
  readonly nodeName!: string;
}

@ObjectType({ description: "An item of the stream of nodes with GPUs.", simpleResolvers: true })
export class GPUStateItem {
  @Field(() => StateItemKind, { description: "What this item is." })
  readonly kind!: StateItemKind;

  @Field(() => GraphQLCursor, { description: "The event stream's cursor that this state is of." })
  readonly cursor!: string;

  @Field(() => [GPUNode], { description: "Nodes with GPUs, as they are now." })
  readonly gpuNodes!: GPUNode[];

  @Field(() => [GPUNodeName], { description: "Nodes that have GPUs no more, or are no longer to be seen here." })
  readonly removed!: GPUNodeName[];
}
