import { Arg, Args, Ctx, Mutation, Query, Resolver } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import type { AnomaliesContext } from "./anomalies.context.ts";
import { DetectionRuleInput } from "./rule.input.ts";
import { toDetectionRule } from "./rule.mapper.ts";
import { DetectionRule, DetectionRulePage } from "./rule.type.ts";

const WHICH = { description: "The rule." } as const;

@Resolver(() => DetectionRule)
export class RuleResolver {
  @Query(() => DetectionRulePage, { description: "The detection rules, by name; with a cluster scope only one's own." })
  async detectionRules(
    @Ctx() { detectionRules }: AnomaliesContext,
    @Args(() => PageArgs) page: PageArgs,
  ): Promise<DetectionRulePage> {
    const { items, ...rest } = await detectionRules.page(page);
    return { ...rest, items: items.map(toDetectionRule) };
  }

  @Query(() => DetectionRule, {
    nullable: true,
    description: "One detection rule. Null if there is none, or none that may be seen.",
  })
  async detectionRule(
    @Ctx() { detectionRules }: AnomaliesContext,
    @Arg("id", () => GraphQLUUID, WHICH) id: string,
  ): Promise<DetectionRule | null> {
    const row = await detectionRules.byId.load(id);
    return row && toDetectionRule(row);
  }

  @Mutation(() => DetectionRule, {
    description:
      "Look for anomalies again and again: they are recorded, and the rarer ones told as ANOMALY_DETECTED events. Its first run records what it would have found in its window. Needs operator.",
  })
  async createDetectionRule(
    @Ctx() { detectionRules }: AnomaliesContext,
    @Arg("input", () => DetectionRuleInput, { description: "What to look for, and what to tell." })
    input: DetectionRuleInput,
  ): Promise<DetectionRule> {
    return toDetectionRule(await detectionRules.create(input));
  }

  @Mutation(() => DetectionRule, {
    description:
      "Replace a detection rule. With another expression or step, what it was taught is forgotten. Needs operator.",
  })
  async updateDetectionRule(
    @Ctx() { detectionRules }: AnomaliesContext,
    @Arg("id", () => GraphQLUUID, WHICH) id: string,
    @Arg("input", () => DetectionRuleInput, { description: "What to look for from now on." })
    input: DetectionRuleInput,
  ): Promise<DetectionRule> {
    return toDetectionRule(await detectionRules.update(id, input));
  }

  @Mutation(() => DetectionRule, {
    description: "Let a rule tell nothing for a while: it goes on recording. Needs operator.",
  })
  async muteDetectionRule(
    @Ctx() { detectionRules }: AnomaliesContext,
    @Arg("id", () => GraphQLUUID, WHICH) id: string,
    @Arg("until", () => GraphQLDateTime, { nullable: true, description: "Until when; null ends it now." })
    until?: Date | null,
  ): Promise<DetectionRule> {
    return toDetectionRule(await detectionRules.mute(id, until ?? null));
  }

  @Mutation(() => DetectionRule, {
    description: "Delete a rule; what it found is kept. Answers with the rule as it was. Needs operator.",
  })
  async deleteDetectionRule(
    @Ctx() { detectionRules }: AnomaliesContext,
    @Arg("id", () => GraphQLUUID, WHICH) id: string,
  ): Promise<DetectionRule> {
    return toDetectionRule(await detectionRules.delete(id));
  }
}
