import { Field, Float, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster, ClusterOutcome } from "../cluster.type.ts";
import { GPUWorkload } from "../workload.type.ts";
import type { Counted } from "./summary.mapper.ts";

@ObjectType({
  description:
    "GPUs added up. Of what is not known of some of them, the sums are of the others, and their number stands beside.",
  simpleResolvers: true,
})
export class GPUSummary {
  @Field(() => Int, { description: "Nodes that have any." })
  readonly nodes!: number;

  @Field(() => Int, { description: "GPUs; one that is divided counts once." })
  readonly devices!: number;

  @Field(() => Int, { description: "GPUs that a pod has, or has a part of." })
  readonly allocated!: number;

  @Field(() => Int, { description: "GPUs of which nobody tells whether a pod has them." })
  readonly allocationUnknown!: number;

  @Field(() => Int, { description: "GPUs that do something now (1 % or more)." })
  readonly active!: number;

  @Field(() => Int, { description: "GPUs that a pod has, and that do nothing now." })
  readonly idle!: number;

  @Field(() => Int, { description: "GPUs of which nobody tells whether they do something." })
  readonly activityUnknown!: number;

  @Field(() => Float, {
    nullable: true,
    description: "How busy they are, in percent: the mean of those of which that is known. Null where of none.",
  })
  readonly utilizationPercent!: number | null;

  @Field(() => Float, { description: "Their memory, in MiB." })
  readonly memoryTotalMb!: number;

  @Field(() => Float, { description: "How much of that is in use, in MiB." })
  readonly memoryUsedMb!: number;

  @Field(() => Int, { description: "GPUs whose memory is left out, since nobody tells it." })
  readonly memoryUnknown!: number;

  @Field(() => Float, { description: "The power they draw, in watts." })
  readonly powerDrawWatts!: number;

  @Field(() => Int, { description: "GPUs whose power is left out, since nobody tells it." })
  readonly powerUnknown!: number;
}

@ObjectType({ description: "One cluster's GPUs, added up.", simpleResolvers: true })
export class ClusterGPUSummary {
  @Field(() => GraphQLUUID, { description: "The cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "The cluster's name." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "The cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => GPUSummary, { description: "Its GPUs." })
  readonly summary!: GPUSummary;
}

@ObjectType({ description: "The GPUs of one model, added up.", simpleResolvers: true })
export class ModelGPUSummary {
  @Field(() => String, { nullable: true, description: "The model. Null for those whose model nobody tells." })
  readonly model!: string | null;

  @Field(() => GPUSummary, { description: "Its GPUs." })
  readonly summary!: GPUSummary;
}

@ObjectType({
  description: "The GPUs that pods of one namespace have, over the fleet, added up.",
  simpleResolvers: true,
})
export class NamespaceGPUSummary {
  @Field(() => String, { nullable: true, description: "The namespace. Null for GPUs that several namespaces share." })
  readonly namespace!: string | null;

  @Field(() => GPUSummary, { description: "Its GPUs." })
  readonly summary!: GPUSummary;
}

@ObjectType({ description: "The GPUs that one workload's pods have, added up.", simpleResolvers: true })
export class WorkloadGPUSummary extends GPUWorkload {
  @Field(() => GPUSummary, { description: "Its GPUs." })
  readonly summary!: GPUSummary;
}

export const WorkloadGPUSummaryPage = pageType(() => WorkloadGPUSummary, "WorkloadGPUSummary");

@ObjectType({ description: "The fleet's GPUs, added up.", simpleResolvers: true })
export class FederatedGPUSummary {
  /** What is added up by other things; not part of the graph. */
  readonly counted!: readonly Counted[];

  @Field(() => GPUSummary, { description: "Of all clusters that answered." })
  readonly total!: GPUSummary;

  @Field(() => [ClusterGPUSummary], { description: "Of each cluster that has any, by cluster name." })
  readonly clusters!: ClusterGPUSummary[];

  @Field(() => [ModelGPUSummary], { description: "Of each model, the most numerous first." })
  readonly models!: ModelGPUSummary[];

  @Field(() => [NamespaceGPUSummary], {
    description: "Of each namespace whose pods have any, the one with the most first.",
  })
  readonly namespaces!: NamespaceGPUSummary[];

  @Field(() => Boolean, { description: "Whether every cluster that may have GPUs answered completely." })
  readonly complete!: boolean;

  @Field(() => [ClusterOutcome], { description: "How asking each cluster in scope ended, by cluster name." })
  readonly outcomes!: ClusterOutcome[];
}
