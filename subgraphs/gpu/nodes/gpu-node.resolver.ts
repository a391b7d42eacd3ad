import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Arg, Args, Ctx, FieldResolver, Int, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { pageOf } from "../../shared/kernel/page.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { GPUDeviceFilterInput, GPUFilterInput } from "./gpu.input.ts";
import { toGpu, toNode } from "./gpu.mapper.ts";
import { GPU } from "./gpu.type.ts";
import { GPUNode, GPUNodePage } from "./gpu-node.type.ts";
import type { NodesContext } from "./nodes.context.ts";

@Resolver(() => GPUNode)
export class GPUNodeResolver {
  @AsksClusters()
  @Query(() => GPUNodePage, {
    description:
      "Nodes with GPUs, over the fleet. A cluster that fails is a row with a status, and never hides the others.",
  })
  async gpuNodes(
    @Ctx() { gpuNodes }: NodesContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => GPUFilterInput, { nullable: true, description: "Which ones." }) filter?: GPUFilterInput | null,
  ): Promise<GPUNodePage> {
    const { nodes, total, rows, complete } = await gpuNodes.page(filter ?? {}, page);
    return { ...pageOf(nodes.map(toNode), total, page), complete, outcomes: rows };
  }

  @Query(() => GPUNode, {
    nullable: true,
    description: "One node. Null where there is none to be seen, or it has no GPUs.",
  })
  async gpuNode(
    @Ctx() { gpus }: NodesContext,
    @Arg("clusterId", () => GraphQLUUID, { description: "Its cluster." }) clusterId: string,
    @Arg("nodeName", () => String, { description: "Its name." }) nodeName: string,
  ): Promise<GPUNode | null> {
    const node = await gpus.node(clusterId, nodeName);
    return node && toNode(node);
  }

  @FieldResolver(() => [GPU], { description: "Its GPUs, by index." })
  async gpus(
    @Root() { reading }: GPUNode,
    @Ctx() { gpuNodes }: NodesContext,
    @Arg("filter", () => GPUDeviceFilterInput, { nullable: true, description: "Which of them." })
    filter?: GPUDeviceFilterInput | null,
  ): Promise<GPU[]> {
    return (await gpuNodes.devices(reading, filter ?? {})).map(toGpu);
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      "How many GPUs it should have, by its capacity, its labels and what drivers offer. Null where nobody can say.",
  })
  async expectedGpus(@Root() { reading }: GPUNode, @Ctx() { gpus }: NodesContext): Promise<number | null> {
    return (await gpus.facts(reading)).expected;
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      "How many of those nobody sees: fallen off the bus, or unknown to the driver. Null where nothing is told of the node's GPUs at all.",
  })
  async missingGpus(@Root() { reading }: GPUNode, @Ctx() { gpus }: NodesContext): Promise<number | null> {
    return await gpus.missing(reading, await gpus.facts(reading));
  }
}
