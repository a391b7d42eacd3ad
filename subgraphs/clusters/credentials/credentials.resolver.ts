import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import type { ClustersContext } from "../context.ts";
import { remember } from "../registry/cluster.loader.ts";
import { toCluster } from "../registry/cluster.mapper.ts";
import { Cluster } from "../registry/cluster.type.ts";
import { CredentialsInput } from "./credentials.input.ts";
import type { CredentialsResult } from "./credentials.service.ts";
import { CredentialsOutcome, KeyRotation, Permission } from "./credentials.type.ts";

@Resolver(() => CredentialsOutcome)
export class CredentialsResolver {
  @Mutation(() => CredentialsOutcome, {
    description:
      "Store how to sign in to a cluster, in place of what is stored, whether or not its endpoints accept it: the outcome says. Needs the role admin.",
  })
  async setClusterCredentials(
    @Ctx() context: ClustersContext,
    @Arg("clusterId", () => GraphQLUUID, { description: "Which cluster." }) clusterId: string,
    @Arg("input", () => CredentialsInput, { description: "How to sign in." }) input: CredentialsInput,
  ): Promise<CredentialsOutcome> {
    return await toOutcome(context, await context.credentials.set(context.operation, clusterId, input));
  }

  @Mutation(() => CredentialsOutcome, {
    description:
      "Replace a cluster's credentials without a moment without: the new ones are proven first. If the API server refuses them, or any endpoint that works with the old ones does, nothing changes, and the outcome says which. Needs the role admin.",
  })
  async rotateClusterCredentials(
    @Ctx() context: ClustersContext,
    @Arg("clusterId", () => GraphQLUUID, { description: "Which cluster." }) clusterId: string,
    @Arg("input", () => CredentialsInput, { description: "The new way to sign in." }) input: CredentialsInput,
  ): Promise<CredentialsOutcome> {
    return await toOutcome(context, await context.credentials.rotate(context.operation, clusterId, input));
  }

  @Mutation(() => CredentialsOutcome, {
    description: "Ask each endpoint of a cluster whether it accepts the stored credentials. Needs the role operator.",
  })
  async validateClusterCredentials(
    @Ctx() context: ClustersContext,
    @Arg("clusterId", () => GraphQLUUID, { description: "Which cluster." }) clusterId: string,
  ): Promise<CredentialsOutcome> {
    const result = await context.credentials.validate(context.operation, clusterId);
    const validated = result.endpoints.some(
      ({ endpoint, status }) => endpoint === "API_SERVER" && status === "SUCCESS",
    );
    return { ...(await toOutcome(context, result)), validated };
  }

  @FieldResolver(() => [Permission], {
    nullable: true,
    description:
      "What the stored credentials may do at the API server, of what is done with them; asked only where this is selected. Null unless this is a validation in which the API server accepted them.",
  })
  async permissions(
    @Ctx() { credentials, operation }: ClustersContext,
    @Root() { cluster, validated }: CredentialsOutcome,
  ): Promise<Permission[] | null> {
    return validated ? await credentials.permissions(operation, cluster.id) : null;
  }

  @Mutation(() => Cluster, {
    description: "Forget how to sign in to a cluster. Nothing happens where nothing is stored. Needs the role admin.",
  })
  async deleteClusterCredentials(
    @Ctx() context: ClustersContext,
    @Arg("clusterId", () => GraphQLUUID, { description: "Which cluster." }) clusterId: string,
  ): Promise<Cluster> {
    const row = await context.credentials.delete(context.operation, clusterId);
    remember(context, row);
    return toCluster(row);
  }

  @Mutation(() => KeyRotation, {
    description:
      "Wrap stored credentials by the current encryption key, a few seconds' worth in a call, while everything works on. Needs the role admin, without a scope.",
  })
  async rotateEncryptionKeys(@Ctx() { keyRotation, operation }: ClustersContext): Promise<KeyRotation> {
    return await keyRotation.rotate(operation);
  }
}

async function toOutcome(
  context: ClustersContext,
  { cluster, applied, endpoints }: CredentialsResult,
): Promise<CredentialsOutcome> {
  remember(context, cluster);
  const credentials = await context.credentialsByCluster.load(cluster.id);
  return {
    cluster: toCluster(cluster),
    applied,
    credentials,
    validated: false,
    endpoints: endpoints.map(({ endpoint, status, skipReason, durationMs, failure, blocking }) => ({
      endpoint,
      status,
      skipReason: skipReason ?? null,
      durationMs,
      // Of what is not configured the reason says all.
      error: skipReason ? null : (failure ?? null),
      blocking,
    })),
  };
}
