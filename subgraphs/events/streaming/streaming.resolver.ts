import { Arg, Ctx, Mutation, Query, Resolver } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import type { EventsContext } from "../context.ts";
import { toGateway, toLiveSubscriptions } from "./streaming.mapper.ts";
import { LiveSubscriptions, StreamingStatus } from "./streaming.type.ts";

@Resolver()
export class StreamingResolver {
  @Query(() => StreamingStatus, { description: "How streaming stands: what is kept, and which gateways serve whom." })
  async streamingStatus(@Ctx() { streaming, retention, operation }: EventsContext): Promise<StreamingStatus> {
    const { head, gateways } = await streaming.status(operation);
    return {
      head,
      retention: `${Math.round(retention.ageMs / 1000)}s`,
      retentionCount: retention.count,
      gateways: gateways.map(toGateway),
    };
  }

  @Query(() => LiveSubscriptions, {
    description: "Who is subscribed to what, now. Needs the role admin, without a scope.",
  })
  async liveSubscriptions(@Ctx() { streaming, operation }: EventsContext): Promise<LiveSubscriptions> {
    return toLiveSubscriptions(await streaming.list(operation));
  }

  @Mutation(() => Boolean, {
    description:
      "End a client's subscription; it is told so. False where there is none such. Needs the role admin, without a scope.",
  })
  async closeSubscription(
    @Ctx() { streaming, operation }: EventsContext,
    @Arg("id", () => GraphQLUUID, { description: "The live subscription." }) id: string,
  ): Promise<boolean> {
    return await streaming.close(operation, id);
  }
}
