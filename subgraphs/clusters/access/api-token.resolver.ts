import { Arg, Args, Ctx, Directive, Mutation, Query, Resolver } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import type { ClustersContext } from "../context.ts";
import { ApiTokenInput } from "./api-token.input.ts";
import { toApiToken, toRole } from "./api-token.mapper.ts";
import { ApiToken, ApiTokenPage, CreatedApiToken } from "./api-token.type.ts";

@Resolver()
export class ApiTokenResolver {
  @Query(() => ApiTokenPage, {
    description: "One's own API tokens, the newest first; everybody's for an admin of all clusters.",
  })
  async apiTokens(
    @Ctx() { apiTokens, operation }: ClustersContext,
    @Args(() => PageArgs) page: PageArgs,
  ): Promise<ApiTokenPage> {
    const { items, ...rest } = await apiTokens.page(operation, page);
    return { ...rest, items: items.map(toApiToken) };
  }

  /** For the gateway, which signs in whoever brings a token of this hash: no part of the graph that clients see. */
  @Directive("@inaccessible")
  @Query(() => GraphQLJSONObject, { nullable: true, description: "Whose API token has this SHA-256 hash, in hex." })
  async apiTokenOwner(
    @Ctx() { apiTokens }: ClustersContext,
    @Arg("hash", () => String, { description: "SHA-256 of the token, in hex." }) hash: string,
  ): Promise<Record<string, unknown> | null> {
    const owner = await apiTokens.owner(hash);
    return owner && { identity: owner.identity, expiresAt: owner.expiresAt.toISOString() };
  }

  @Mutation(() => CreatedApiToken, {
    description: "Make a token that signs in as oneself, with one's own rights or fewer. It is shown this once.",
  })
  async createApiToken(
    @Ctx() { apiTokens, operation }: ClustersContext,
    @Arg("input", () => ApiTokenInput, { description: "The token." }) input: ApiTokenInput,
  ): Promise<CreatedApiToken> {
    const { token, row } = await apiTokens.create(operation, { ...input, role: toRole(input.role) });
    return { token, apiToken: toApiToken(row) };
  }

  @Mutation(() => ApiToken, {
    description: "Take an API token back: it is refused from now on, and its streams end.",
  })
  async revokeApiToken(
    @Ctx() { apiTokens, operation }: ClustersContext,
    @Arg("id", () => GraphQLUUID, { description: "The token." }) id: string,
  ): Promise<ApiToken> {
    return toApiToken(await apiTokens.revoke(operation, id));
  }
}
