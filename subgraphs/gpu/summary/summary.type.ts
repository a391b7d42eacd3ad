import { Field, Float, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster, ClusterOutcome } from "../cluster.type.ts";

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

@ObjectType({ description: "The fleet's GPUs, added up.", simpleResolvers: true })
export class FederatedGPUSummary {
  @Field(() => GPUSummary, { description: "Of all clusters that answered." })
  readonly total!: GPUSummary;

  @Field(() => [ClusterGPUSummary], { description: "Of each cluster that has any, by cluster name." })
  readonly clusters!: ClusterGPUSummary[];

  @Field(() => [ModelGPUSummary], { description: "Of each model, the most numerous first." })
  readonly models!: ModelGPUSummary[];

  @Field(() => Boolean, { description: "Whether every cluster that may have GPUs answered completely." })
  readonly complete!: boolean;

  @Field(() => [ClusterOutcome], { description: "How asking each cluster in scope ended, by cluster name." })
  readonly outcomes!: ClusterOutcome[];
}
