import type { GraphQLResolveInfo } from "graphql";
import type { Cluster as Row } from "../../../prisma/generated/client.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { fieldNames } from "../../shared/kernel/field-names.ts";
import { Arg, Args, Ctx, FieldResolver, Info, Mutation, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { type Page, pageOf } from "../../shared/kernel/page.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import type { ClustersContext } from "../context.ts";
import { RegisterClusterInput, UpdateClusterInput } from "./cluster.input.ts";
import { remember } from "./cluster.loader.ts";
import { toCluster } from "./cluster.mapper.ts";
import { Cluster, ClusterPage, CredentialsSummary } from "./cluster.type.ts";
import { columnsFor } from "./cluster-columns.plan.ts";
import { ClusterFilterInput, ClusterOrder } from "./cluster-filter.input.ts";

@Resolver(() => Cluster)
export class ClusterResolver {
  @Query(() => Cluster, {
    nullable: true,
    description: "One cluster, by id or by name. Null where there is none to be seen.",
  })
  async cluster(
    @Ctx() { clusterById, repository, operation }: ClustersContext,
    @Info() info: GraphQLResolveInfo,
    @Arg("id", () => GraphQLUUID, { nullable: true, description: "Its id." }) id?: string | null,
    @Arg("name", () => String, { nullable: true, description: "Or its name." }) name?: string | null,
  ): Promise<Cluster | null> {
    if (Boolean(id) === Boolean(name))
      throw new CodedError("BAD_USER_INPUT", "Give either id or name.", { fields: ["id", "name"] });
    const row = id
      ? await clusterById.load(id)
      : await repository.byName(operation.identity, name ?? "", columnsFor(fieldNames(info)));
    return row && toCluster(row);
  }

  @Query(() => ClusterPage, { description: "The fleet's clusters, a page at a time." })
  async clusters(
    @Ctx() { repository, operation }: ClustersContext,
    @Info() info: GraphQLResolveInfo,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => ClusterFilterInput, { nullable: true, description: "Which ones." })
    filter?: ClusterFilterInput | null,
    @Arg("orderBy", () => ClusterOrder, { nullable: true, description: "In which order; by name unless given." })
    orderBy?: ClusterOrder | null,
  ): Promise<Page<Cluster>> {
    const order = orderBy ?? { field: "NAME", direction: "ASC" };
    const { rows, total } = await repository.page(
      operation.identity,
      filter ?? {},
      order,
      page,
      columnsFor(fieldNames(info)),
    );
    return pageOf(rows.map(toCluster), total, page);
  }

  @Mutation(() => Cluster, {
    description: "Register a cluster. It is checked at once, in the background. Needs the role admin.",
  })
  async registerCluster(
    @Ctx() context: ClustersContext,
    @Arg("input", () => RegisterClusterInput, { description: "The cluster." }) input: RegisterClusterInput,
  ): Promise<Cluster> {
    return written(context, await context.clusters.register(context.operation, input));
  }

  @Mutation(() => Cluster, { description: "Change a cluster. Needs the role admin." })
  async updateCluster(
    @Ctx() context: ClustersContext,
    @Arg("id", () => GraphQLUUID, { description: "Which cluster." }) id: string,
    @Arg("input", () => UpdateClusterInput, { description: "What changes." }) input: UpdateClusterInput,
    @Arg("expectedUpdatedAt", () => GraphQLDateTime, {
      nullable: true,
      description: "Refuse with CONFLICT if the cluster has changed since: its updatedAt as last read.",
    })
    expectedUpdatedAt?: Date | null,
  ): Promise<Cluster> {
    const { clusters, operation } = context;
    return written(context, await clusters.update(operation, id, expectedUpdatedAt ?? null, input));
  }

  @Mutation(() => Cluster, { description: "Delete a cluster: its name is free again. Needs the role admin." })
  async deleteCluster(
    @Ctx() { clusters, operation, clusterById }: ClustersContext,
    @Arg("id", () => GraphQLUUID, { description: "Which cluster." }) id: string,
  ): Promise<Cluster> {
    const row = await clusters.delete(operation, id);
    clusterById.clear(id);
    return toCluster(row);
  }

  @Mutation(() => Cluster, {
    description: "Undo a deletion. Refused while another cluster has the name. Needs the role admin.",
  })
  async restoreCluster(
    @Ctx() context: ClustersContext,
    @Arg("id", () => GraphQLUUID, { description: "Which deleted cluster." }) id: string,
  ): Promise<Cluster> {
    return written(context, await context.clusters.restore(context.operation, id));
  }

  @Mutation(() => GraphQLUUID, {
    description: "Remove a deleted cluster for good, with its credentials and history. Needs the role admin.",
  })
  async purgeCluster(
    @Ctx() { clusters, operation }: ClustersContext,
    @Arg("id", () => GraphQLUUID, { description: "Which deleted cluster." }) id: string,
  ): Promise<string> {
    return (await clusters.purge(operation, id)).id;
  }

  @Query(() => ClusterPage, {
    description: "Deleted clusters that can still be restored, the last deleted first. Needs the role admin.",
  })
  async deletedClusters(
    @Ctx() { repository, operation }: ClustersContext,
    @Args(() => PageArgs) page: PageArgs,
  ): Promise<Page<Cluster>> {
    requireRole(operation.identity, "admin");
    const { rows, total } = await repository.deleted(operation.identity, page);
    return pageOf(rows.map(toCluster), total, page);
  }

  @Mutation(() => Cluster, { description: "Check a cluster now. Needs the role operator." })
  async refreshCluster(
    @Ctx() context: ClustersContext,
    @Arg("id", () => GraphQLUUID, { description: "Which cluster." }) id: string,
  ): Promise<Cluster> {
    const { clusters, operation } = context;
    return written(context, await clusters.refresh(operation, id));
  }

  @FieldResolver(() => CredentialsSummary, {
    nullable: true,
    description: "What is known about the stored credentials. Null where none are.",
  })
  async credentials(
    @Root() { id }: Cluster,
    @Ctx() { credentialsByCluster }: ClustersContext,
  ): Promise<CredentialsSummary | null> {
    return await credentialsByCluster.load(id);
  }
}

function written(context: ClustersContext, row: Row): Cluster {
  remember(context, row);
  return toCluster(row);
}
