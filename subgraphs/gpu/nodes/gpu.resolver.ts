import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { Pod } from "../pod.type.ts";
import { availabilityOf } from "./availability.mapper.ts";
import { attributionOf, modeOf, toGpu } from "./gpu.mapper.ts";
import { FieldAvailability, GPU } from "./gpu.type.ts";
import { GPUAttribution, GPUMode } from "./gpu-enums.type.ts";
import { toProcesses } from "./gpu-process.mapper.ts";
import { GPUProcess } from "./gpu-process.type.ts";
import type { GpusService } from "./gpus.service.ts";
import type { MergedDevice } from "./merged.mapper.ts";
import type { NodesContext } from "./nodes.context.ts";

const mode = async (merged: MergedDevice, gpus: GpusService): Promise<GPUMode | null> =>
  modeOf(merged, (await gpus.facts(merged.node)).sharing);

@Resolver(() => GPU)
export class GPUResolver {
  @AsksClusters()
  @Query(() => GPU, {
    nullable: true,
    description:
      "One GPU, wherever it is: looked for first where it was last collected from. Null where it is nowhere to be seen.",
  })
  async gpu(
    @Ctx() { gpuByUuid, gpus }: NodesContext,
    @Arg("uuid", () => ID, { description: "Its UUID." }) uuid: string,
  ): Promise<GPU | null> {
    const node = await gpuByUuid.load(uuid);
    const merged = node && (await gpus.devices(node)).find(({ device }) => device.uuid === uuid);
    return merged ? toGpu(merged) : null;
  }

  @FieldResolver(() => GPUMode, { name: "mode", nullable: true, description: "How it is given to pods." })
  async gpuMode(@Root() { merged }: GPU, @Ctx() { gpus }: NodesContext): Promise<GPUMode | null> {
    return await mode(merged, gpus);
  }

  @FieldResolver(() => GPUAttribution, {
    nullable: true,
    description: "Whose its values are. Null where nobody tells.",
  })
  async attribution(@Root() { merged }: GPU, @Ctx() { gpus }: NodesContext): Promise<GPUAttribution | null> {
    return attributionOf(merged, await mode(merged, gpus));
  }

  @FieldResolver(() => Pod, {
    nullable: true,
    description: "The one pod that has it to itself. Null where none has, several share it, or nobody tells.",
  })
  async pod(@Root() { merged, pods }: GPU, @Ctx() { gpus }: NodesContext): Promise<Pod | null> {
    return attributionOf(merged, await mode(merged, gpus)) === "DEVICE" ? (pods[0] ?? null) : null;
  }

  @FieldResolver(() => String, { nullable: true, description: "The highest version of CUDA that its driver supports." })
  async cudaVersion(@Root() { merged }: GPU, @Ctx() { gpus }: NodesContext): Promise<string | null> {
    return (await gpus.cudaVersion(merged)).version;
  }

  @AsksClusters()
  @FieldResolver(() => [GPUProcess], {
    nullable: true,
    description: "The processes that use it, by process id. Null where they are not known: only nvidia-smi tells them.",
  })
  async processes(@Root() { merged }: GPU, @Ctx() { gpus }: NodesContext): Promise<GPUProcess[] | null> {
    return merged.smiGpu?.processes ? toProcesses(merged, await mode(merged, gpus)) : null;
  }

  @FieldResolver(() => [FieldAvailability], { description: "Which of its fields are known, by whom and since when." })
  async availability(@Root() { merged }: GPU, @Ctx() { gpus }: NodesContext): Promise<FieldAvailability[]> {
    const [facts, cuda] = await Promise.all([gpus.facts(merged.node), gpus.cudaVersion(merged)]);
    const observedAt = merged.node.reading.observedAt;
    const { device } = merged;
    return availabilityOf(merged, {
      cudaVersion: { value: cuda.version, source: cuda.source, observedAt, reason: cuda.reason },
      mode: {
        value: modeOf(merged, facts.sharing),
        source: device.instances.length > 0 ? device.source : "KUBERNETES",
        observedAt,
        reason: facts.reason,
      },
    });
  }
}
