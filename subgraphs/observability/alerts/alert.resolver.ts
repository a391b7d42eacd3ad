import { z } from "zod";
import { Arg, Args, Ctx, FieldResolver, Int, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { type Page, pageOf } from "../../shared/kernel/page.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { TimeRangeInput } from "../../shared/kernel/time-range.input.ts";
import { check } from "../../shared/kernel/validation.ts";
import { AlertFilterInput, AlertOrder } from "./alert.input.ts";
import { toAlert, toAlertPage, toGroup } from "./alert.mapper.ts";
import { Alert, AlertOccurrences, AlertPage } from "./alert.type.ts";
import { type AlertGroup, AlertGroupKey, AlertGroupPage } from "./alert-count.type.ts";
import type { AlertsContext } from "./alerts.context.ts";

const GroupingRule = z.object({
  by: z.array(z.string()).max(4),
  labels: z.array(z.string().min(1).max(1000)).max(5, "at most 5 labels"),
});
const LimitRule = z.object({ limit: z.number().int().min(1, "must be 1 to 50").max(50, "must be 1 to 50") });

@Resolver(() => Alert)
export class AlertResolver {
  @Query(() => AlertPage, {
    description: "Alerts over the fleet: those that fire or are about to, the worst first, unless asked for otherwise.",
  })
  async alerts(
    @Ctx() { alerts }: AlertsContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => AlertFilterInput, { nullable: true, description: "Which alerts; all active unless given." })
    filter?: AlertFilterInput | null,
    @Arg("orderBy", () => AlertOrder, { defaultValue: {}, description: "How they are sorted." })
    orderBy: AlertOrder = new AlertOrder(),
  ): Promise<Page<Alert>> {
    return toAlertPage(await alerts.page(filter ?? {}, orderBy, page), page, alerts.now);
  }

  @Query(() => AlertPage, {
    description:
      "Alerts that were active in a stretch of time, over or not, the latest first unless asked for otherwise.",
  })
  async alertHistory(
    @Ctx() { alerts }: AlertsContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => AlertFilterInput, { nullable: true, description: "Which alerts; in any state unless given." })
    filter?: AlertFilterInput | null,
    @Arg("range", () => TimeRangeInput, { nullable: true, description: "When; the last hour unless given." })
    range?: TimeRangeInput | null,
    @Arg("orderBy", () => AlertOrder, { defaultValue: { field: "STARTS_AT" }, description: "How they are sorted." })
    orderBy: AlertOrder = new AlertOrder(),
  ): Promise<Page<Alert>> {
    return toAlertPage(await alerts.history(filter ?? {}, range ?? null, orderBy, page), page, alerts.now);
  }

  @Query(() => Alert, {
    nullable: true,
    description: "One occurrence of an alert. Null if there is none, or none that may be seen.",
  })
  async alert(
    @Ctx() { alerts }: AlertsContext,
    @Arg("id", () => GraphQLUUID, { description: "Which alert." }) id: string,
  ): Promise<Alert | null> {
    const row = await alerts.loaders.byId.load(id);
    return row && toAlert(row, alerts.now);
  }

  @Query(() => AlertGroupPage, { description: "Alerts counted by what they have in common, the largest group first." })
  async alertGroups(
    @Ctx() { alerts }: AlertsContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("by", () => [AlertGroupKey], { defaultValue: ["ALERTNAME"], description: "What to group by." })
    by: (keyof typeof AlertGroupKey)[],
    @Arg("labels", () => [String], { defaultValue: [], description: "Labels to group by, too: at most 5." })
    labels: string[],
    @Arg("filter", () => AlertFilterInput, { nullable: true, description: "Which alerts; all active unless given." })
    filter?: AlertFilterInput | null,
  ): Promise<Page<AlertGroup>> {
    check(GroupingRule, { by, labels });
    const asked = { keys: [...new Set(by)], labels: [...new Set(labels)] };
    const { groups, total } = await alerts.groups(filter ?? {}, asked, page);
    return pageOf(
      groups.map((group) => toGroup(group, asked)),
      total,
      page,
    );
  }

  @FieldResolver(() => AlertOccurrences, {
    nullable: true,
    description: "How often it occurred: alerts with the same labels, this one included.",
  })
  async occurrences(
    @Root() { id }: Alert,
    @Ctx() { alerts }: AlertsContext,
    @Arg("limit", () => Int, { defaultValue: 10, description: "How many to show: 1 to 50." }) limit: number,
  ): Promise<AlertOccurrences> {
    check(LimitRule, { limit });
    const { rows, total } = await alerts.loaders.occurrences.load({ id, limit });
    return { total, items: rows.map((row) => toAlert(row, alerts.now)) };
  }

  @FieldResolver(() => [Alert], {
    nullable: true,
    description:
      "Alerts of its cluster that were active at the same time and share its pod, its node, its namespace or two labels: those that share most first.",
  })
  async relatedAlerts(
    @Root() { id }: Alert,
    @Ctx() { alerts }: AlertsContext,
    @Arg("limit", () => Int, { defaultValue: 10, description: "How many to show: 1 to 50." }) limit: number,
  ): Promise<Alert[]> {
    check(LimitRule, { limit });
    return (await alerts.loaders.related.load({ id, limit })).map((row) => toAlert(row, alerts.now));
  }
}
