import { Field, Float, ID, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import type { Window } from "../../shared/kernel/time-range.ts";
import { Cluster, ClusterOutcome } from "../cluster.type.ts";
import { Pod } from "../pod.type.ts";
import type { DeviceWaste } from "./device-waste.mapper.ts";
import type { Rates } from "./waste.mapper.ts";

@ObjectType({
  description: "How GPUs spent a time, in GPU hours. A GPU that several pods share, or that is divided, counts once.",
  simpleResolvers: true,
})
export class GPUWasteSums {
  @Field(() => Int, { description: "GPUs that were seen." })
  readonly devices!: number;

  @Field(() => Float, { description: "Hours in which they were seen: the sum of the five below." })
  readonly observedHours!: number;

  @Field(() => Float, { description: "A pod had it, and used it or paused for no longer than idleFor." })
  readonly busyHours!: number;

  @Field(() => Float, { description: "A pod had it and left it idle." })
  readonly idleHours!: number;

  @Field(() => Float, { description: "No pod had it, and nothing used it." })
  readonly unallocatedHours!: number;

  @Field(() => Float, { description: "No pod had it, and something used it." })
  readonly outsidePodsHours!: number;

  @Field(() => Float, { description: "Nobody tells: unknown has the reasons." })
  readonly unknownHours!: number;

  @Field(() => Float, {
    nullable: true,
    description: "What the idle hours cost, of the GPUs that have a price. Null where none has.",
  })
  readonly idleCost!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: "What the unallocated hours cost, of the GPUs that have a price. Null where none has.",
  })
  readonly unallocatedCost!: number | null;

  @Field(() => Int, { description: "GPUs without a price for their model, which the costs leave out." })
  readonly unpricedDevices!: number;
}

@ObjectType({ description: "How one cluster's GPUs spent a time.", simpleResolvers: true })
export class ClusterGPUWaste {
  @Field(() => GraphQLUUID, { description: "The cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "The cluster's name." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "The cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => GPUWasteSums, { description: "Its GPUs." })
  readonly sums!: GPUWasteSums;
}

@ObjectType({ description: "How the GPUs of one model spent a time.", simpleResolvers: true })
export class ModelGPUWaste {
  @Field(() => String, { nullable: true, description: "The model. Null for those whose model nobody tells." })
  readonly model!: string | null;

  @Field(() => GPUWasteSums, { description: "Its GPUs." })
  readonly sums!: GPUWasteSums;
}

@ObjectType({
  description: "How the pods of one namespace, over the fleet, spent the GPUs that they had.",
  simpleResolvers: true,
})
export class NamespaceGPUWaste {
  @Field(() => String, {
    nullable: true,
    description: "The namespace. Null for GPUs that several namespaces shared, or a resource claim had for no pod.",
  })
  readonly namespace!: string | null;

  @Field(() => Int, { description: "GPUs that its pods had." })
  readonly devices!: number;

  @Field(() => Float, { description: "For how many hours they had them." })
  readonly allocatedHours!: number;

  @Field(() => Float, { description: "For how many of these they left them idle." })
  readonly idleHours!: number;

  @Field(() => Float, {
    nullable: true,
    description: "What that cost, of the GPUs that have a price. Null where none has.",
  })
  readonly idleCost!: number | null;

  @Field(() => Int, { description: "GPUs without a price for their model, which the cost leaves out." })
  readonly unpricedDevices!: number;
}

@ObjectType({ description: "GPUs of a cluster that could not be judged.", simpleResolvers: true })
export class UnknownGPUWaste {
  @Field(() => GraphQLUUID, { description: "The cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "The cluster's name." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "The cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => String, { description: "Why not." })
  readonly reason!: string;

  @Field(() => Int, { description: "How many GPUs." })
  readonly devices!: number;

  @Field(() => Float, { description: "For how many hours, added up." })
  readonly hours!: number;
}

@ObjectType({ description: "A GPU that a pod had and left idle.", simpleResolvers: true })
export class IdleGPU {
  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "Its cluster's name." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "Its cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => String, { description: "The node it is in." })
  readonly nodeName!: string;

  @Field(() => ID, { description: "Its UUID." })
  readonly uuid!: string;

  @Field(() => Int, { nullable: true, description: "Its index on the node." })
  readonly index!: number | null;

  @Field(() => String, { nullable: true, description: "Its model." })
  readonly model!: string | null;

  @Field(() => [Pod], { description: "The pods that had it, or shared it, when it was last seen." })
  readonly pods!: Pod[];

  @Field(() => Float, { description: "For how many hours it was idle." })
  readonly idleHours!: number;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "Since when it is idle, as far as the range goes back. Null where it is not any more.",
  })
  readonly idleSince!: Date | null;

  @Field(() => Float, {
    nullable: true,
    description: "Memory that its pods kept in use when it was last seen, in MiB.",
  })
  readonly memoryUsedMb!: number | null;

  @Field(() => Float, { nullable: true, description: "What its idle hours cost. Null without a price for its model." })
  readonly idleCost!: number | null;
}

export const IdleGPUPage = pageType(() => IdleGPU, "IdleGPU");

@ObjectType({ description: "How the fleet's GPUs spent a time.", simpleResolvers: true })
export class GPUWaste {
  /** What its idle devices are made of; not part of the graph. */
  readonly judged!: { devices: readonly DeviceWaste[]; rates: Rates; window: Window };

  @Field(() => GraphQLDateTime, { description: "Where the time began." })
  readonly start!: Date;

  @Field(() => GraphQLDateTime, { description: "Where it ended." })
  readonly end!: Date;

  @Field(() => Int, { description: "In steps of how many seconds it was judged." })
  readonly stepSeconds!: number;

  @Field(() => GPUWasteSums, { description: "Of all clusters that answered." })
  readonly total!: GPUWasteSums;

  @Field(() => [ClusterGPUWaste], { description: "Of each cluster that has GPUs, by cluster name." })
  readonly clusters!: ClusterGPUWaste[];

  @Field(() => [ModelGPUWaste], { description: "Of each model, the one idle for most hours first." })
  readonly models!: ModelGPUWaste[];

  @Field(() => [NamespaceGPUWaste], {
    description: "Of each namespace, the one that left GPUs idle for most hours first.",
  })
  readonly namespaces!: NamespaceGPUWaste[];

  @Field(() => [UnknownGPUWaste], { description: "What could not be judged, and why." })
  readonly unknown!: UnknownGPUWaste[];

  @Field(() => Boolean, { description: "Whether every cluster that may have GPUs answered completely." })
  readonly complete!: boolean;

  @Field(() => [ClusterOutcome], { description: "How asking each cluster in scope ended, by cluster name." })
  readonly outcomes!: ClusterOutcome[];
}
