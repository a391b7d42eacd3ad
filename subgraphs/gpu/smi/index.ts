import type { Platform } from "../../platform.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { GpuExecResolver } from "./exec.resolver.ts";
import { GpuExecService } from "./exec.service.ts";
import type { SmiContext } from "./smi.context.ts";

/** Whether nvidia-smi may be run, and running it. */
export const smi: SubgraphModule<Platform> = {
  resolvers: [GpuExecResolver],

  start: async ({ changes, clock }) => {
    const gpuExec = new GpuExecService({ changes, clock });
    return { context: (): SmiContext => ({ gpuExec }) };
  },
};
