import { Field, ObjectType } from "../../shared/kernel/graphql.ts";
import type { Page } from "../../shared/kernel/page.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { ClusterOutcome } from "../cluster.type.ts";
import { GPUProcess } from "../nodes/gpu-process.type.ts";

/** The pages of spec 8.1, and how asking each cluster ended. */
@ObjectType("GPUProcessPage", {
  description: "One page of processes that use GPUs, over many clusters.",
  simpleResolvers: true,
})
export class GPUProcessPage extends pageType(() => GPUProcess, "GPUProcess") implements Page<GPUProcess> {
  @Field(() => Boolean, { description: "Whether every node with GPUs in scope told its processes." })
  readonly complete!: boolean;

  @Field(() => [ClusterOutcome], { description: "How asking each cluster in scope ended, by cluster name." })
  readonly outcomes!: ClusterOutcome[];
}
