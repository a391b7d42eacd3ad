import { Field, ObjectType } from "../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../shared/kernel/scalars.ts";
import { Cluster } from "./cluster.type.ts";
import type { GpuTarget } from "./readings/gpu-cluster.repository.ts";
import type { Holder } from "./readings/workloads.mapper.ts";

/** Whose GPUs a row is about. */
@ObjectType({ description: "A workload whose pods have GPUs, or had.", simpleResolvers: true })
export class GPUWorkload {
  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "Its cluster's name." })
  readonly clusterName!: string;

  @Field(() => Cluster, { nullable: true, description: "Its cluster." })
  readonly cluster!: Cluster | null;

  @Field(() => String, {
    nullable: true,
    description: "Its namespace. Null for GPUs that several namespaces share, or a resource claim has for no pod.",
  })
  readonly namespace!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Its kind, such as Deployment, StatefulSet or Job; Pod for one that nobody owns. Null where it is not known.",
  })
  readonly kind!: string | null;

  @Field(() => String, { nullable: true, description: "Its name. Null where it is not known: reason says why." })
  readonly name!: string | null;

  @Field(() => String, { nullable: true, description: "Why it is not known, if it is not." })
  readonly reason!: string | null;
}

export const toWorkload = (
  { id, name: clusterName }: Pick<GpuTarget, "id" | "name">,
  { namespace, kind, name, reason }: Holder,
): GPUWorkload => ({ clusterId: id, clusterName, cluster: { id }, namespace, kind, name, reason });
