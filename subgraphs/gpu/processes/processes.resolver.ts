import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Arg, Args, Ctx, Query, Resolver } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { pageOf } from "../../shared/kernel/page.ts";
import type { NodesContext } from "../nodes/nodes.context.ts";
import { GPUProcessFilterInput } from "./gpu-process.input.ts";
import { GPUProcessPage } from "./gpu-process-page.type.ts";
import { ProcessesService } from "./processes.service.ts";

@Resolver()
export class ProcessesResolver {
  @AsksClusters()
  @Query(() => GPUProcessPage, {
    description:
      "What runs on the fleet's GPUs. Only nvidia-smi tells it: clusters where that may not be run (setGpuExec) are rows that say so. It is run on 100 nodes at most.",
  })
  async gpuProcesses(
    @Ctx() { gpus }: NodesContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => GPUProcessFilterInput, { nullable: true, description: "Which ones." })
    filter?: GPUProcessFilterInput | null,
  ): Promise<GPUProcessPage> {
    const { items, total, rows, complete } = await new ProcessesService(gpus).overFleet(filter ?? {}, page);
    return { ...pageOf(items, total, page), complete, outcomes: rows };
  }
}
