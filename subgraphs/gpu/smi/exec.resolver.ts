import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster } from "../cluster.type.ts";
import type { FleetContext } from "../context.ts";
import type { SmiContext } from "./smi.context.ts";

@Resolver(() => Cluster)
export class GpuExecResolver {
  @FieldResolver(() => Boolean, {
    nullable: true,
    description: "Whether nvidia-smi may be run in the pods of its GPU operator, for what exporters do not tell.",
  })
  async gpuExecEnabled(@Root() { id }: Cluster, @Ctx() { targets }: FleetContext): Promise<boolean | null> {
    return (await targets.byId.load(id))?.gpuExecEnabled ?? null;
  }

  @Mutation(() => Cluster, {
    description:
      "Allow, or no more, that nvidia-smi is run in the pods of a cluster's GPU operator: for processes, and what exporters do not tell. The cluster's credentials need create on pods/exec. Each run is in the audit log. Needs the role admin.",
  })
  async setGpuExec(
    @Ctx() { gpuExec, operation, targets }: FleetContext & SmiContext,
    @Arg("clusterId", () => GraphQLUUID, { description: "Which cluster." }) clusterId: string,
    @Arg("enabled", () => Boolean, { description: "Whether it is allowed from now on." }) enabled: boolean,
  ): Promise<Cluster> {
    await gpuExec.set(operation, clusterId, enabled);
    targets.byId.clear(clusterId);
    return { id: clusterId };
  }
}
