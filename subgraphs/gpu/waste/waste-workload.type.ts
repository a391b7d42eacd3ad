import { Field, Float, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GPUWorkload } from "../workload.type.ts";

@ObjectType({ description: "How one workload's pods spent the GPUs that they had.", simpleResolvers: true })
export class WorkloadGPUWaste extends GPUWorkload {
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

export const WorkloadGPUWastePage = pageType(() => WorkloadGPUWaste, "WorkloadGPUWaste");
