import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { Cluster } from "../cluster.type.ts";
import type { FleetContext } from "../context.ts";
import { TraceLookupArgs } from "./trace-lookup.input.ts";
import type { TracesContext } from "./traces.context.ts";
import { TraceQueryInput } from "./traces.input.ts";
import { FederatedTraces, TraceLookup } from "./traces.type.ts";

@Resolver(() => Cluster)
export class TracesResolver {
  @AsksClusters()
  @Query(() => FederatedTraces, {
    description:
      "Search every cluster in scope for traces. A cluster that fails is a row with a status, and never hides the others.",
  })
  async traces(
    @Ctx() { traces }: TracesContext,
    @Arg("query", () => TraceQueryInput, { description: "What to look for, and where." }) query: TraceQueryInput,
  ): Promise<FederatedTraces> {
    return await traces.overFleet(query);
  }

  @AsksClusters()
  @Query(() => TraceLookup, {
    description:
      "Find one trace, wherever in the fleet it is. The first cluster that has it wins; one that failed leaves it open whether there is one.",
  })
  async trace(
    @Ctx() { traceLookup }: TracesContext,
    @Args(() => TraceLookupArgs) asked: TraceLookupArgs,
  ): Promise<TraceLookup> {
    return await traceLookup.find(asked);
  }

  @AsksClusters()
  @FieldResolver(() => FederatedTraces, {
    name: "traces",
    nullable: true,
    description: "Search this cluster for traces.",
  })
  async clusterTraces(
    @Root() { id }: Cluster,
    @Ctx() { traces, targetById }: FleetContext & TracesContext,
    @Arg("query", () => TraceQueryInput, { description: "What to look for; without clusterIds and selector." })
    query: TraceQueryInput,
  ): Promise<FederatedTraces | null> {
    const target = await targetById.load(id);
    return target && (await traces.ofCluster(target, query));
  }
}
