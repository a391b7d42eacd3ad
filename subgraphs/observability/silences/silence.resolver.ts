import { z } from "zod";
import { AsksClusters } from "../../shared/kernel/asks-clusters.ts";
import { Arg, Args, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { pageOf } from "../../shared/kernel/page.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { check } from "../../shared/kernel/validation.ts";
import { toAlertPage } from "../alerts/alert.mapper.ts";
import { Alert } from "../alerts/alert.type.ts";
import type { AlertsContext } from "../alerts/alerts.context.ts";
import type { FleetContext } from "../context.ts";
import {
  SilenceFilterInput,
  SilenceInput,
  SilenceKeyInput,
  SilencePreviewInput,
  UpdateSilenceInput,
} from "./silence.input.ts";
import { toPreviewCluster, toSilence, toSilenceOutcome } from "./silence.mapper.ts";
import { Silence, SilenceOutcome, SilencePage, SilencePreview } from "./silence.type.ts";
import type { SilencesContext } from "./silences.context.ts";

const ManyRule = z.object({
  silences: z
    .array(z.object({ id: z.string().min(1).max(100) }))
    .min(1)
    .max(100, "at most 100 at once"),
});

@Resolver(() => Silence)
export class SilenceResolver {
  @AsksClusters()
  @Query(() => SilencePage, {
    description: "The fleet's silences. A cluster that fails is a row with a status, and never hides the others.",
  })
  async silences(
    @Ctx() { silences }: SilencesContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => SilenceFilterInput, {
      nullable: true,
      description: "Which silences; all in force or to come unless given.",
    })
    filter?: SilenceFilterInput | null,
  ): Promise<SilencePage> {
    const { items, total, complete, outcomes } = await silences.page(filter ?? {}, page);
    return { ...pageOf(items.map(toSilence), total, page), complete, outcomes };
  }

  @Query(() => SilencePreview, { description: "Which alerts a silence would be of now. Nothing is changed." })
  async previewSilence(
    @Ctx() { alerts, silences }: AlertsContext & SilencesContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("input", () => SilencePreviewInput, { description: "The silence." }) input: SilencePreviewInput,
  ): Promise<SilencePreview> {
    const targets = await silences.clusters(input);
    const { perCluster, ...found } = await alerts.matching(targets, input.matchers, page);
    return {
      clusters: targets.map((target) => toPreviewCluster(target, perCluster)),
      alerts: toAlertPage(found, page, alerts.now),
    };
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      "How many alerts that fire it is of, also while it is not in force. Null where its regular expressions cannot be searched for here.",
  })
  async matchingAlerts(@Root() silence: Silence, @Ctx() { silences }: SilencesContext): Promise<number | null> {
    const { clusterId, matchers } = silence;
    return await silences.loaders.matching.load({
      clusterId,
      matchers: matchers.map(({ text: _text, ...matcher }) => matcher),
    });
  }

  @AsksClusters()
  @Mutation(() => [SilenceOutcome], {
    description:
      "Keep the notifications of alerts back in many clusters at once: a row for each cluster, by name. Needs the role operator.",
  })
  async createSilence(
    @Ctx() { silenceDeeds }: SilencesContext,
    @Arg("input", () => SilenceInput, { description: "The silence." }) input: SilenceInput,
  ): Promise<SilenceOutcome[]> {
    return (await silenceDeeds.create(input)).map(toSilenceOutcome);
  }

  @Mutation(() => SilenceOutcome, {
    description:
      "Change a silence. With other matchers it becomes another one, and the answer has its id. Needs the role operator.",
  })
  async updateSilence(
    @Ctx() { silenceDeeds }: SilencesContext,
    @Arg("clusterId", () => GraphQLUUID, { description: "In which cluster." }) clusterId: string,
    @Arg("id", () => String, { description: "Which silence." }) id: string,
    @Arg("input", () => UpdateSilenceInput, { description: "What changes." }) input: UpdateSilenceInput,
  ): Promise<SilenceOutcome> {
    return toSilenceOutcome(await silenceDeeds.update({ clusterId, id }, input));
  }

  @Mutation(() => [SilenceOutcome], {
    description: "End silences now: a row for each, in the order given. Needs the role operator.",
  })
  async expireSilence(
    @Ctx() { silenceDeeds }: SilencesContext,
    @Arg("silences", () => [SilenceKeyInput], { description: "Which silences: at most 100." })
    silences: SilenceKeyInput[],
  ): Promise<SilenceOutcome[]> {
    check(ManyRule, { silences });
    return (await silenceDeeds.expire(silences)).map(toSilenceOutcome);
  }
}

@Resolver(() => Alert)
export class AlertSilencesResolver {
  @AsksClusters()
  @FieldResolver(() => [Silence], {
    nullable: true,
    description: "The silences that keep its notifications back. Null where its Alertmanager does not say.",
  })
  async silences(
    @Root() { clusterId, silencedBy }: Alert,
    @Ctx() { silences, targetById }: FleetContext & SilencesContext,
  ): Promise<Silence[] | null> {
    const target = await targetById.load(clusterId);
    return (target && (await silences.named(target, silencedBy)))?.map(toSilence) ?? null;
  }
}
