import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Args, Ctx, Query, Resolver } from "../../shared/kernel/graphql.ts";
import { TraceOperationsArgs, TraceTagsArgs, TraceTagValuesArgs } from "./trace-tags.input.ts";
import { FederatedTraceTags, FederatedTraceValues } from "./trace-tags.type.ts";
import type { TracesContext } from "./traces.context.ts";

@Resolver()
export class TraceTagsResolver {
  @AsksClusters()
  @Query(() => FederatedTraceValues, { description: "The services that have spans." })
  async traceServices(
    @Ctx() { traceTags }: TracesContext,
    @Args(() => TraceTagsArgs) asked: TraceTagsArgs,
  ): Promise<FederatedTraceValues> {
    return await traceTags.services(asked);
  }

  @AsksClusters()
  @Query(() => FederatedTraceValues, { description: "What a service's spans are called." })
  async traceOperations(
    @Ctx() { traceTags }: TracesContext,
    @Args(() => TraceOperationsArgs) { service, ...asked }: TraceOperationsArgs,
  ): Promise<FederatedTraceValues> {
    return await traceTags.operations(service, asked);
  }

  @AsksClusters()
  @Query(() => FederatedTraceTags, { description: "The tags that spans have, also those that all have." })
  async traceTags(
    @Ctx() { traceTags }: TracesContext,
    @Args(() => TraceTagsArgs) asked: TraceTagsArgs,
  ): Promise<FederatedTraceTags> {
    return await traceTags.tags(asked);
  }

  @AsksClusters()
  @Query(() => FederatedTraceValues, { description: "The values that spans have for a tag." })
  async traceTagValues(
    @Ctx() { traceTags }: TracesContext,
    @Args(() => TraceTagValuesArgs) { tag, ...asked }: TraceTagValuesArgs,
  ): Promise<FederatedTraceValues> {
    return await traceTags.tagValues(tag, asked);
  }
}
