import { z } from "zod";
import type { BusEvent } from "../../shared/kernel/bus/events.ts";
import type { Reading } from "../../shared/kernel/bus/reader.ts";
import { Arg, Ctx, Int, Query, Resolver, Root, Subscription } from "../../shared/kernel/graphql.ts";
import { GraphQLCursor } from "../../shared/kernel/scalars.ts";
import { check } from "../../shared/kernel/validation.ts";
import type { EventsContext } from "../context.ts";
import { EventFilterInput } from "./event.input.ts";
import { toItem } from "./event.mapper.ts";
import { EventConnection, EventItem } from "./event.type.ts";

const FirstRule = z.object({ first: z.number().int().min(1, "must be 1 to 1000").max(1000, "must be 1 to 1000") });

interface EventsArgs {
  filter?: EventFilterInput | null;
  after?: string | null;
}

/** type-graphql hands `subscribe` the raw arguments: the rules are checked here. */
function subscribe({ args, context }: { args: EventsArgs; context: EventsContext }) {
  const filter = args.filter ?? {};
  check(EventFilterInput.rules, filter);
  return context.events.stream(context.operation, filter, args.after ?? null);
}

@Resolver()
export class EventResolver {
  @Subscription(() => EventItem, {
    description:
      "What happens in the fleet, as it happens. After a disconnect, go on with the last cursor: what can no longer be given comes as a gap.",
    subscribe: subscribe as never,
  })
  events(
    @Root() reading: Reading<BusEvent>,
    @Arg("filter", () => EventFilterInput, { nullable: true, description: "Which events; all unless given." })
    _filter?: EventFilterInput,
    @Arg("after", () => GraphQLCursor, {
      nullable: true,
      description: "The last cursor seen; only what is to come unless given.",
    })
    _after?: string,
  ): EventItem {
    return toItem(reading);
  }

  @Query(() => EventConnection, { description: "What happened in the fleet, as far back as events are kept." })
  async eventHistory(
    @Ctx() { events, operation }: EventsContext,
    @Arg("filter", () => EventFilterInput, { nullable: true, description: "Which events; all unless given." })
    filter?: EventFilterInput | null,
    @Arg("after", () => GraphQLCursor, {
      nullable: true,
      description: "Start after this cursor; with the oldest unless given.",
    })
    after?: string | null,
    @Arg("first", () => Int, {
      defaultValue: 100,
      description: "How much of the log to look at: 1 to 1000 items, before the filter.",
    })
    first = 100,
  ): Promise<EventConnection> {
    check(FirstRule, { first });
    const { readings, end, hasMore } = await events.page(operation, filter ?? {}, after ?? null, first);
    return { items: readings.map(toItem), endCursor: end, hasMore };
  }
}
