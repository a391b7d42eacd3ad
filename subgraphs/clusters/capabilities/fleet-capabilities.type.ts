import { Field, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { FleetCount } from "../registry/fleet-summary.type.ts";

@ObjectType({ description: "How many clusters have a capability.", simpleResolvers: true })
export class CapabilityTally {
  @Field(() => Int, { description: "Clusters that have it." })
  readonly present!: number;

  @Field(() => Int, { description: "Clusters that do not have it." })
  readonly absent!: number;

  @Field(() => Int, { description: "Clusters of which nobody knows: forbidden, or not detected yet." })
  readonly unknown!: number;
}

@ObjectType({ description: "GPUs of one product.", simpleResolvers: true })
export class GpuProduct {
  @Field(() => String, { description: "The product, or its vendor where it is not named." })
  readonly product!: string;

  @Field(() => Int, { description: "GPUs of it." })
  readonly count!: number;
}

@ObjectType({ description: "What the fleet has, over the selected clusters.", simpleResolvers: true })
export class FleetCapabilities {
  @Field(() => Int, { description: "Clusters in all." })
  readonly total!: number;

  @Field(() => CapabilityTally, { description: "Clusters with GPUs." })
  readonly gpus!: CapabilityTally;

  @Field(() => Int, { description: "GPUs over the clusters where they could be counted." })
  readonly gpuCount!: number;

  @Field(() => [GpuProduct], { description: "GPUs by product, the most frequent first." })
  readonly gpusByProduct!: GpuProduct[];

  @Field(() => CapabilityTally, { description: "Clusters with a configured Prometheus that has answered." })
  readonly prometheus!: CapabilityTally;

  @Field(() => CapabilityTally, { description: "Clusters whose Prometheus endpoint is a Thanos querier." })
  readonly thanos!: CapabilityTally;

  @Field(() => CapabilityTally, { description: "Clusters with a configured Tempo that has answered." })
  readonly tempo!: CapabilityTally;

  @Field(() => CapabilityTally, { description: "Clusters with a configured Loki that has answered." })
  readonly loki!: CapabilityTally;

  @Field(() => CapabilityTally, { description: "Clusters with a service mesh." })
  readonly serviceMesh!: CapabilityTally;

  @Field(() => CapabilityTally, { description: "Clusters with cloud-native network functions." })
  readonly cnf!: CapabilityTally;

  @Field(() => [FleetCount], { description: "Clusters by the kinds of network functions found in them." })
  readonly cnfByType!: FleetCount[];
}
