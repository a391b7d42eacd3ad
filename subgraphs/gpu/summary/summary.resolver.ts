import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Arg, Ctx, FieldResolver, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { Cluster } from "../cluster.type.ts";
import type { NodesContext } from "../nodes/nodes.context.ts";
import { byModel, summaryOf } from "./summary.mapper.ts";
import { SummaryService } from "./summary.service.ts";
import { FederatedGPUSummary, GPUSummary } from "./summary.type.ts";

@Resolver(() => Cluster)
export class SummaryResolver {
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
      complete,
      outcomes: rows,
    };
  }

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
