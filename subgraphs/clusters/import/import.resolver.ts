import { Arg, Ctx, Mutation, Resolver } from "../../shared/kernel/graphql.ts";
import type { ClustersContext } from "../context.ts";
import { remember } from "../registry/cluster.loader.ts";
import { toCluster } from "../registry/cluster.mapper.ts";
import { ImportFromHubInput, ImportKubeconfigInput } from "./import.input.ts";
import type { ImportRow } from "./import.service.ts";
import { ImportOutcome } from "./import.type.ts";

@Resolver()
export class ImportResolver {
  @Mutation(() => [ImportOutcome], {
    description:
      "Register every context of a kubeconfig as a cluster, each with its own outcome. Contexts of one API server are one cluster. Needs the role admin.",
  })
  async importKubeconfig(
    @Ctx() context: ClustersContext,
    @Arg("input", () => ImportKubeconfigInput, { description: "The kubeconfig." }) input: ImportKubeconfigInput,
  ): Promise<ImportOutcome[]> {
    return shown(context, await context.kubeconfigImport.import(context.operation, input));
  }

  @Mutation(() => [ImportOutcome], {
    description:
      "Register the clusters that a hub manages, each with its own outcome: their API servers, labels and what is known of them, as SPOKE; with credentials where the hub has a ManagedServiceAccount's token. Needs the role admin.",
  })
  async importFromHub(
    @Ctx() context: ClustersContext,
    @Arg("input", () => ImportFromHubInput, { description: "The hub." }) input: ImportFromHubInput,
  ): Promise<ImportOutcome[]> {
    return shown(context, await context.hubImport.import(context.operation, input));
  }
}

function shown(context: ClustersContext, rows: readonly ImportRow[]): ImportOutcome[] {
  return rows.map(({ cluster, ...row }) => {
    if (!cluster) return { ...row, cluster };
    remember(context, cluster);
    return { ...row, cluster: toCluster(cluster) };
  });
}
