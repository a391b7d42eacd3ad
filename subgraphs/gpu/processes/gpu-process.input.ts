import { z } from "zod";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, ID, InputType } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";

const texts = (most: number) =>
  z
    .array(z.string().min(1, "must not be empty").max(253, "at most 253 characters"))
    .max(most, `at most ${most}`)
    .nullish();

@InputType({ description: "Which processes: those that match every given part." })
export class GPUProcessFilterInput {
  static readonly rules = z.object({
    clusterIds: z.array(z.string()).max(1000, "at most 1000 clusters").nullish(),
    nodes: texts(1000),
    gpuUuids: texts(1000),
    namespaces: texts(100),
    nameContains: z.string().min(1, "must not be empty").max(100, "at most 100 characters").nullish(),
  });

  @Field(() => [GraphQLUUID], { nullable: true, description: "In these clusters." })
  readonly clusterIds?: string[] | null;

  @Field(() => ClusterSelectorInput, { nullable: true, description: "In clusters, by what they are." })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => [String], { nullable: true, description: "On nodes of these names." })
  readonly nodes?: string[] | null;

  @Field(() => [ID], { nullable: true, description: "On GPUs of these UUIDs." })
  readonly gpuUuids?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: "In pods of these namespaces, as far as their pods are known.",
  })
  readonly namespaces?: string[] | null;

  @Field(() => String, { nullable: true, description: "The name contains this, in any case." })
  readonly nameContains?: string | null;
}
