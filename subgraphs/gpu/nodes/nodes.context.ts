import type { OwnersLoader } from "../readings/workloads.loader.ts";
import type { GpuLookup } from "./gpu-lookup.loader.ts";
import type { GpuNodesService } from "./gpu-nodes.service.ts";
import type { GpusService } from "./gpus.service.ts";

/** What this module brings to an operation's context. */
export interface NodesContext {
  gpus: GpusService;
  gpuNodes: GpuNodesService;
  gpuByUuid: GpuLookup;
  podOwners: OwnersLoader;
}
