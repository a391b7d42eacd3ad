import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Args, Ctx, FieldResolver, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { type Page, paged } from "../../shared/kernel/page.ts";
import type { FleetContext } from "../context.ts";
import { rounded } from "../history/heatmap.mapper.ts";
import type { HistoryContext } from "../history/history.context.ts";
import type { NodesContext } from "../nodes/nodes.context.ts";
import { ownersOf } from "../readings/workloads.loader.ts";
import type { DeviceWaste } from "./device-waste.mapper.ts";
import { GPUWasteArgs } from "./waste.input.ts";
import {
  byCluster,
  byModel,
  byNamespace,
  byWorkload,
  holdersIn,
  idleOf,
  Rates,
  sumsOf,
  unknownOf,
} from "./waste.mapper.ts";
import { WasteService } from "./waste.service.ts";
import { GPUWaste, type IdleGPU, IdleGPUPage } from "./waste.type.ts";
import { type WorkloadGPUWaste, WorkloadGPUWastePage } from "./waste-workload.type.ts";

@Resolver(() => GPUWaste)
export class WasteResolver {
  @AsksClusters()
  @Query(() => GPUWaste, {
    description:
      "How the fleet's GPUs spent a time, by what their exporters measured. A GPU is wasted where a pod has it and, for idleFor on end, it is less busy than idleBelowPercent even at its busiest and has less of its memory in use than memoryBelowPercent. What pods ask of CPUs says nothing. A cluster that fails is a row with a status.",
  })
  async gpuWaste(
    @Ctx() { gpuHistory, operation }: HistoryContext & FleetContext,
    @Args(() => GPUWasteArgs) args: GPUWasteArgs,
  ): Promise<GPUWaste> {
    const { devices, window, outcomes, complete } = await new WasteService(gpuHistory).overFleet(
      args,
      operation.startedAt,
    );
    const rates = new Rates(window.step, args.prices ?? []);
    return {
      judged: { devices, rates, window },
      start: new Date((window.start - window.step) * 1000),
      end: new Date(window.end * 1000),
      stepSeconds: window.step,
      total: sumsOf(devices, rates),
      clusters: byCluster(devices, rates),
      models: byModel(devices, rates),
      namespaces: byNamespace(devices, rates),
      unknown: unknownOf(devices, rates),
      complete,
      outcomes,
    };
  }

  @FieldResolver(() => IdleGPUPage, { description: "The GPUs that were left idle, those idle for most hours first." })
  idleDevices(@Root() { judged }: GPUWaste, @Args(() => PageArgs) page: PageArgs): Page<IdleGPU> {
    const { items, ...rest } = paged(idleOf(judged.devices), page);
    return { ...rest, items: items.map((device) => toIdle(device, judged.rates)) };
  }

  @FieldResolver(() => WorkloadGPUWastePage, {
    description: "Of each workload whose pods had GPUs, the one that left them idle for most hours first.",
  })
  async workloads(
    @Root() { judged: { devices, rates, window } }: GPUWaste,
    @Ctx() { podOwners }: NodesContext,
    @Args(() => PageArgs) page: PageArgs,
  ): Promise<Page<WorkloadGPUWaste>> {
    const when = { at: window.end, seconds: window.end - window.start + window.step };
    return paged(byWorkload(devices, rates, await ownersOf(holdersIn(devices), podOwners, when)), page);
  }
}

function toIdle(device: DeviceWaste, rates: Rates): IdleGPU {
  const { target, node, uuid, index, model, pods, steps, idleSince, memoryUsedMb } = device;
  const cost = rates.cost(device, steps.IDLE);
  return {
    clusterId: target.id,
    clusterName: target.name,
    cluster: { id: target.id },
    nodeName: node,
    uuid,
    index,
    model,
    pods: pods.map((pod) => ({ clusterId: target.id, ...pod })),
    idleHours: rounded(rates.hours(steps.IDLE)),
    idleSince: idleSince === null ? null : new Date(idleSince * 1000),
    memoryUsedMb: memoryUsedMb === null ? null : rounded(memoryUsedMb),
    idleCost: cost === null ? null : rounded(cost),
  };
}
