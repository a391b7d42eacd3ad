import type { GpuExecService } from "./exec.service.ts";

/** What this module brings to an operation's context. */
export interface SmiContext {
  gpuExec: GpuExecService;
}
