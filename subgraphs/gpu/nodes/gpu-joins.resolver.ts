import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Arg, Ctx, Directive, FieldResolver, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { Alert } from "../alert.type.ts";
import { Cluster } from "../cluster.type.ts";
import { Node } from "../node.type.ts";
import { Pod } from "../pod.type.ts";
import type { PodName } from "../readings/device.mapper.ts";
import { samePod } from "../readings/device.mapper.ts";
import { isAbout } from "./alert-gpus.filter.ts";
import { GPUFilterInput } from "./gpu.input.ts";
import { toGpu, toNode } from "./gpu.mapper.ts";
import { GPU } from "./gpu.type.ts";
import { GPUNode } from "./gpu-node.type.ts";
import type { NodesContext } from "./nodes.context.ts";

@Resolver(() => Cluster)
export class ClusterGpusResolver {
  @AsksClusters()
  @FieldResolver(() => [GPUNode], {
    nullable: true,
    description: "Its nodes with GPUs, by name. Null, with an error, where it cannot be asked.",
  })
  async gpuNodes(
    @Root() { id }: Cluster,
    @Ctx() { gpuNodes }: NodesContext,
    @Arg("filter", () => GPUFilterInput, {
      nullable: true,
      description: "Which ones; without clusterIds and selector.",
    })
    filter?: GPUFilterInput | null,
  ): Promise<GPUNode[] | null> {
    return (await gpuNodes.ofCluster(id, filter ?? {}))?.map(toNode) ?? null;
  }
}

@Resolver(() => Node)
export class NodeGpusResolver {
  @AsksClusters()
  @FieldResolver(() => [GPU], {
    nullable: true,
    description: "Its GPUs, by index. Null, with an error, where they cannot be asked for.",
  })
  async gpus(@Root() { clusterId, name }: Node, @Ctx() { gpus }: NodesContext): Promise<GPU[] | null> {
    const node = await gpus.node(clusterId, name);
    return node ? (await gpus.devices(node)).map(toGpu) : [];
  }
}

@Resolver(() => Alert)
export class AlertGpusResolver {
  @Directive('@requires(fields: "clusterId labels")')
  @AsksClusters()
  @FieldResolver(() => [GPU], {
    nullable: true,
    description:
      "The GPUs that it is about: those that its labels name, or that its pod has. Null, with an error, where they cannot be asked for.",
  })
  async gpus(@Root() { clusterId, labels }: Alert, @Ctx() { gpus }: NodesContext): Promise<GPU[] | null> {
    const nodes = await gpus.ofCluster(clusterId);
    const its = (nodes ?? []).filter(({ devices }) => devices.some((device) => isAbout(labels, device)));
    const merged = (await Promise.all(its.map((node) => gpus.devices(node)))).flat();
    return merged.filter(({ device }) => isAbout(labels, device)).map(toGpu);
  }
}

@Resolver(() => Pod)
export class PodGpusResolver {
  @AsksClusters()
  @FieldResolver(() => [GPU], {
    nullable: true,
    description:
      "The GPUs that it has, shares, or has instances of, as exporters tell. Null, with an error, where they cannot be asked for.",
  })
  async gpus(@Root() pod: Pod, @Ctx() { gpus }: NodesContext): Promise<GPU[] | null> {
    const has = (pods: readonly PodName[]): boolean => pods.some((each) => samePod(each, pod));
    const nodes = await gpus.ofCluster(pod.clusterId);
    const its = (nodes ?? []).filter(({ devices }) =>
      devices.some(({ pods, instances }) => has(pods) || instances.some((instance) => has(instance.pods))),
    );
    const merged = (await Promise.all(its.map((node) => gpus.devices(node)))).flat();
    return merged
      .filter(({ device }) => has(device.pods) || device.instances.some((instance) => has(instance.pods)))
      .map(toGpu);
  }
}
