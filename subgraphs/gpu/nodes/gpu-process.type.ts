import { Field, ID, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Pod } from "../pod.type.ts";
import { GPUProcessType } from "./gpu-enums.type.ts";

@ObjectType({ description: "A process that uses a GPU.", simpleResolvers: true })
export class GPUProcess {
  @Field(() => GraphQLUUID, { description: "The cluster it runs in." })
  readonly clusterId!: string;

  @Field(() => String, { description: "The node it runs on." })
  readonly nodeName!: string;

  @Field(() => ID, { description: "The GPU's UUID." })
  readonly gpuUuid!: string;

  @Field(() => Int, { nullable: true, description: "The instance of the GPU that it runs in, if the GPU is divided." })
  readonly instanceId!: number | null;

  @Field(() => Int, { description: "Its process id on the node." })
  readonly pid!: number;

  @Field(() => String, { nullable: true, description: "Its name. Null where it cannot be read." })
  readonly processName!: string | null;

  @Field(() => Int, { nullable: true, description: "GPU memory it uses, in MiB." })
  readonly usedMemoryMb!: number | null;

  @Field(() => GPUProcessType, { nullable: true, description: "What it uses the GPU for." })
  readonly type!: GPUProcessType | null;

  @Field(() => Pod, {
    nullable: true,
    description:
      "The pod that has the GPU, or the instance, to itself: nvidia-smi tells no pods. Null where several share it, or none is known.",
  })
  readonly pod!: Pod | null;
}
