import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { type Page, paged } from "../../shared/kernel/page.ts";
import { Cluster } from "../cluster.type.ts";
import type { FleetContext } from "../context.ts";
import type { NodesContext } from "../nodes/nodes.context.ts";
import { ownersOf } from "../readings/workloads.loader.ts";
import { byModel, byNamespace, byWorkload, heldDevices, summaryOf } from "./summary.mapper.ts";
import { SummaryService } from "./summary.service.ts";
import { FederatedGPUSummary, GPUSummary, type WorkloadGPUSummary, WorkloadGPUSummaryPage } from "./summary.type.ts";

@Resolver(() => Cluster)
export class SummaryResolver {
  @AsksClusters()
  @Query(() => FederatedGPUSummary, {
    description:
      "The fleet's GPUs, added up: in all, by cluster and by model. A cluster that fails is a row with a status.",
  })
  async gpuSummary(
    @Ctx() { gpus }: NodesContext,
    @Arg("selector", () => ClusterSelectorInput, {
      nullable: true,
      description: "Of which clusters; of all unless given.",
    })
    selector?: ClusterSelectorInput | null,
  ): Promise<FederatedGPUSummary> {
    const { counted, rows, complete } = await new SummaryService(gpus).overFleet({ selector: selector ?? null });
    const clusters = Map.groupBy(counted, ({ node }) => node.target.id);
    return {
      total: summaryOf(counted),
      clusters: rows.flatMap(({ clusterId, clusterName, cluster }) => {
        const its = clusters.get(clusterId);
        return its ? [{ clusterId, clusterName, cluster, summary: summaryOf(its) }] : [];
      }),
      models: byModel(counted),
      namespaces: byNamespace(counted),
      counted,
      complete,
      outcomes: rows,
    };
  }

  @AsksClusters()
  @FieldResolver(() => GPUSummary, {
    name: "gpuSummary",
    nullable: true,
    description: "Its GPUs, added up. Null, with an error, where they cannot be asked for.",
  })
  async clusterSummary(@Root() { id }: Cluster, @Ctx() { gpus }: NodesContext): Promise<GPUSummary | null> {
    const counted = await new SummaryService(gpus).ofCluster(id);
    return counted && summaryOf(counted);
  }
}

@Resolver(() => FederatedGPUSummary)
export class WorkloadSummaryResolver {
  @FieldResolver(() => WorkloadGPUSummaryPage, {
    description:
      "Of each workload whose pods have any, the one with the most first. A GPU that several workloads share counts once, as theirs together.",
  })
  async workloads(
    @Root() { counted }: FederatedGPUSummary,
    @Ctx() { podOwners, operation }: NodesContext & FleetContext,
    @Args(() => PageArgs) page: PageArgs,
  ): Promise<Page<WorkloadGPUSummary>> {
    const held = heldDevices(counted);
    const asked = held.map(({ node, pods }) => ({ target: node.target, pods }));
    const at = operation.startedAt.getTime() / 1000;
    return paged(byWorkload(held, await ownersOf(asked, podOwners, { at, seconds: 0 })), page);
  }
}
