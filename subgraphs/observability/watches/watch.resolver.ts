import { Arg, Args, Ctx, Mutation, Query, Resolver } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import type { FleetContext } from "../context.ts";
import type { WatchesContext } from "./watch.context.ts";
import { MetricWatchInput } from "./watch.input.ts";
import { toMetricWatch } from "./watch.mapper.ts";
import { MetricWatch, MetricWatchPage } from "./watch.type.ts";

type Context = FleetContext & WatchesContext;

@Resolver(() => MetricWatch)
export class WatchResolver {
  @Query(() => MetricWatchPage, { description: "The metric watches, by name; with a cluster scope only one's own." })
  async metricWatches(
    @Ctx() { watches, operation }: Context,
    @Args(() => PageArgs) page: PageArgs,
  ): Promise<MetricWatchPage> {
    const { items, ...rest } = await watches.page(operation, page);
    return { ...rest, items: items.map(toMetricWatch) };
  }

  @Mutation(() => MetricWatch, {
    description:
      "Watch a metric: values over a threshold, or that move, are told as METRIC_UPDATE events. Needs operator.",
  })
  async createMetricWatch(
    @Ctx() { watches, operation }: Context,
    @Arg("input", () => MetricWatchInput, { description: "What to watch, and what to tell." }) input: MetricWatchInput,
  ): Promise<MetricWatch> {
    return toMetricWatch(await watches.create(operation, input));
  }

  @Mutation(() => MetricWatch, {
    description: "Replace a metric watch; what it told before is forgotten. Needs operator.",
  })
  async updateMetricWatch(
    @Ctx() { watches, operation }: Context,
    @Arg("id", () => GraphQLUUID, { description: "The watch." }) id: string,
    @Arg("input", () => MetricWatchInput, { description: "What to watch from now on." }) input: MetricWatchInput,
  ): Promise<MetricWatch> {
    return toMetricWatch(await watches.update(operation, id, input));
  }

  @Mutation(() => MetricWatch, { description: "Stop watching. Answers with the watch as it was. Needs operator." })
  async deleteMetricWatch(
    @Ctx() { watches, operation }: Context,
    @Arg("id", () => GraphQLUUID, { description: "The watch." }) id: string,
  ): Promise<MetricWatch> {
    return toMetricWatch(await watches.delete(operation, id));
  }
}
