import { z } from "zod";
import { Arg, Args, Ctx, FieldResolver, Int, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { pageOf } from "../../shared/kernel/page.ts";
import { check } from "../../shared/kernel/validation.ts";
import { GPU } from "../nodes/gpu.type.ts";
import { gpuReference } from "../nodes/gpu-reference.loader.ts";
import type { NodesContext } from "../nodes/nodes.context.ts";
import type { HealthContext } from "./health.context.ts";
import { GPUHealthEventFilterInput } from "./health.input.ts";
import { toHealth, toHealthEvent } from "./health.mapper.ts";
import { GPUHealth, GPUHealthEvent, GPUHealthEventPage, GPUHealthGap } from "./health.type.ts";

const LimitRule = z.object({ limit: z.number().int().min(1, "must be 1 to 50").max(50, "must be 1 to 50") });

@Resolver(() => GPUHealthEvent)
export class HealthEventResolver {
  @Query(() => GPUHealthEventPage, {
    description: "Troubles of the fleet's GPUs, over or not, as they were collected: those seen last come first.",
  })
  async gpuHealthEvents(
    @Ctx() { gpuHealth }: HealthContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => GPUHealthEventFilterInput, { nullable: true, description: "Which ones; all unless given." })
    filter?: GPUHealthEventFilterInput | null,
  ): Promise<GPUHealthEventPage> {
    const { rows, total, targets } = await gpuHealth.page(filter ?? {}, page);
    return { ...pageOf(rows.map(toHealthEvent), total, page), targets };
  }

  @FieldResolver(() => GPU, { nullable: true, description: "The GPU, where it is seen now." })
  async gpu(@Root() { clusterId, device }: GPUHealthEvent, @Ctx() context: NodesContext): Promise<GPU | null> {
    return await gpuReference({ clusterId, uuid: device }, context);
  }
}

@Resolver(() => GPUHealthEventPage)
export class HealthGapResolver {
  @FieldResolver(() => [GPUHealthGap], {
    description:
      "Clusters of which not everything could be looked at when they were last collected, by name: of these, trouble may be missing.",
  })
  async gaps(@Root() { targets }: GPUHealthEventPage, @Ctx() { gpuHealth }: HealthContext): Promise<GPUHealthGap[]> {
    return await gpuHealth.gaps(targets);
  }
}

@Resolver(() => GPU)
export class GPUHealthOfGPUResolver {
  @FieldResolver(() => GPUHealth, {
    nullable: true,
    description: "How well it is. Null, with an error, where that cannot be read.",
  })
  async health(@Root() { clusterId, uuid, merged }: GPU, @Ctx() { gpuHealth }: HealthContext): Promise<GPUHealth> {
    return toHealth(merged, await gpuHealth.standing({ clusterId, device: uuid }));
  }
}

@Resolver(() => GPUHealth)
export class GPUHealthResolver {
  @FieldResolver(() => [GPUHealthEvent], {
    description: "Its troubles, as they were collected: those that stand, then the latest.",
  })
  async events(
    @Root() { merged }: GPUHealth,
    @Ctx() { gpuHealth }: HealthContext,
    @Arg("limit", () => Int, { defaultValue: 10, description: "How many: 1 to 50." }) limit: number,
  ): Promise<GPUHealthEvent[]> {
    check(LimitRule, { limit });
    const { device, node } = merged;
    const rows = await gpuHealth.ofDevice({ clusterId: node.target.id, device: device.uuid, limit });
    return rows.map(toHealthEvent);
  }
}
