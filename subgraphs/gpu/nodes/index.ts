import type { Platform } from "../../platform.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { Alert, alertReference } from "../alert.type.ts";
import { clusterReference } from "../cluster.type.ts";
import type { FleetContext } from "../context.ts";
import { nodeReference } from "../node.type.ts";
import { podReference } from "../pod.type.ts";
import { sourcesOf } from "../readings/index.ts";
import { inventoryLoader, readingLoader } from "../readings/readings.loader.ts";
import { GpuTargets } from "../readings/targets.loader.ts";
import { ownersLoader } from "../readings/workloads.loader.ts";
import { smiLoader } from "../smi/smi.loader.ts";
import { GPUResolver } from "./gpu.resolver.ts";
import { AlertGpusResolver, ClusterGpusResolver, NodeGpusResolver, PodGpusResolver } from "./gpu-joins.resolver.ts";
import { gpuLookup } from "./gpu-lookup.loader.ts";
import { GPUNodeResolver } from "./gpu-node.resolver.ts";
import { GpuNodesService } from "./gpu-nodes.service.ts";
import { gpuNodeReference, gpuReference } from "./gpu-reference.loader.ts";
import { GpusService } from "./gpus.service.ts";
import type { NodesContext } from "./nodes.context.ts";

/** Nodes with GPUs, and the GPUs; and what all modules work with. */
export const nodes: SubgraphModule<Platform> = {
  resolvers: [GPUNodeResolver, GPUResolver, ClusterGpusResolver, NodeGpusResolver, PodGpusResolver, AlertGpusResolver],
  // No field of ours leads to one.
  orphanedTypes: [Alert],
  references: {
    Cluster: clusterReference,
    Node: nodeReference,
    Pod: podReference,
    Alert: alertReference,
    GPUNode: gpuNodeReference,
    GPU: gpuReference,
  },
  // GPUs are of nodes, and so of no namespace: only what a pod has of them is told by its own.
  byNamespace: `
    Alert Cluster Node Pod Pod.gpus GPU.attribution GPU.availability GPU.cudaVersion GPU.mode GPU.pod GPU.processes`,

  start: async (platform) => {
    const sources = sourcesOf(platform);
    const { fleet, log } = platform;
    const onError = (error: unknown): void => log.error({ err: error }, "reading GPUs failed here");
    return {
      context: (operation: Operation): FleetContext & NodesContext => {
        const targets = new GpuTargets(operation, fleet.directory, sources.clusters);
        const gpus = new GpusService({
          targets,
          readings: readingLoader(operation, sources, onError),
          inventories: inventoryLoader(operation, sources, onError),
          smi: smiLoader(operation, sources.smi, onError),
        });
        const gpuByUuid = gpuLookup({ targets, collections: sources.collections, gpus });
        const podOwners = ownersLoader(operation, fleet.clients, onError);
        return { operation, targets, gpus, gpuNodes: new GpuNodesService(gpus), gpuByUuid, podOwners };
      },
    };
  },
};
