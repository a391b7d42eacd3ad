import { z } from "zod";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, InputType, Int } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { GPUMode } from "./gpu-enums.type.ts";

const names = (most: number) =>
  z
    .array(z.string().min(1, "must not be empty").max(253, "at most 253 characters"))
    .max(most, `at most ${most}`)
    .nullish();

const DEVICES = {
  model: z.string().min(1, "must not be empty").max(100, "at most 100 characters").nullish(),
  namespaces: names(100),
  modes: z.array(z.enum(GPUMode)).nullish(),
  minUtilization: z.number().int().min(0, "must be 0 to 100").max(100, "must be 0 to 100").nullish(),
};

@InputType({ description: "Which GPUs: those that match every given part." })
export class GPUDeviceFilterInput {
  static readonly rules: z.ZodType = z.object(DEVICES);

  @Field(() => String, { nullable: true, description: "The model contains this, in any case." })
  readonly model?: string | null;

  @Field(() => [String], { nullable: true, description: "A pod of one of these namespaces has it, or a part of it." })
  readonly namespaces?: string[] | null;

  @Field(() => [GPUMode], { nullable: true, description: "It is given to pods in one of these ways." })
  readonly modes?: GPUMode[] | null;

  @Field(() => Int, { nullable: true, description: "It is at least so busy, in percent." })
  readonly minUtilization?: number | null;

  @Field(() => Boolean, { nullable: true, description: "Whether a pod has it. What is not known is neither." })
  readonly allocated?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "Whether a pod has it and it does nothing now (below 1 %). What is not known is neither.",
  })
  readonly idle?: boolean | null;
}

@InputType({ description: "Which nodes: of these clusters, and with at least one GPU that matches the rest." })
export class GPUFilterInput extends GPUDeviceFilterInput {
  static override readonly rules = z.object({
    ...DEVICES,
    clusterIds: z.array(z.string()).max(1000, "at most 1000 clusters").nullish(),
    nodes: names(1000),
  });

  @Field(() => [GraphQLUUID], {
    nullable: true,
    description: "Of these clusters. On a cluster's own field it must be left out.",
  })
  readonly clusterIds?: string[] | null;

  @Field(() => ClusterSelectorInput, {
    nullable: true,
    description: "Of clusters, by what they are. On a cluster's own field it must be left out.",
  })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => [String], { nullable: true, description: "Nodes of these names." })
  readonly nodes?: string[] | null;
}
