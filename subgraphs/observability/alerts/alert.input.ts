import { z } from "zod";
import { AlertSeverity, AlertState } from "../../shared/fleet/enums.type.ts";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { Field, InputType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { SortDirection } from "../../shared/kernel/sort-direction.type.ts";
import { parseMatcher } from "../../shared/upstreams/alertmanager/matcher.ts";
import type { AlertFilter } from "./alert.filter.ts";
import type { AlertOrderBy } from "./alert.repository.ts";
import { matcherSql } from "./matcher.filter.ts";

/** As a rule, so that a malformed matcher is refused together with everything else that is wrong. */
const matcher = z.string().superRefine((text, ctx) => {
  try {
    matcherSql(parseMatcher(text));
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    ctx.addIssue({ code: "custom", message: error.message, params: { code: error.code } });
  }
});

export const matchersRule = z.array(matcher).max(20, "at most 20 matchers");
const names = z.array(z.string().min(1).max(1000)).max(1000, "at most 1000").nullish();

@InputType({ description: "Which alerts: those that match every given part." })
export class AlertFilterInput implements AlertFilter {
  static readonly rules = z.object({
    clusterIds: z.array(z.string()).max(1000, "at most 1000 clusters").nullish(),
    matchers: matchersRule.nullish(),
    alertnames: names,
    namespaces: names,
    search: z.string().min(1).max(200).nullish(),
  });

  @Field(() => [GraphQLUUID], {
    nullable: true,
    description: "Of these clusters; all where empty. On a cluster's own field it must be left out.",
  })
  readonly clusterIds?: string[] | null;

  @Field(() => ClusterSelectorInput, {
    nullable: true,
    description: "Of clusters by what they are. On a cluster's own field it must be left out.",
  })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => [AlertSeverity], { nullable: true, description: "As bad as these; all where empty." })
  readonly severities?: AlertSeverity[] | null;

  @Field(() => [AlertState], { nullable: true, description: "In these states; unless given, those active." })
  readonly states?: AlertState[] | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Whose labels match all of these, in Alertmanager\'s syntax: severity="critical", namespace!="dev", pod=~"api-.*", team!~"a|b". A label that is missing counts as empty.',
  })
  readonly matchers?: string[] | null;

  @Field(() => [String], { nullable: true, description: "With these names; all where empty." })
  readonly alertnames?: string[] | null;

  @Field(() => [String], { nullable: true, description: "About these namespaces; all where empty." })
  readonly namespaces?: string[] | null;

  @Field(() => Boolean, { nullable: true, description: "That somebody takes care of, or nobody." })
  readonly acknowledged?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: "That are silenced, or not." })
  readonly silenced?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: "That nobody is told of because of another one, or not." })
  readonly inhibited?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: "Whose Alertmanager does not answer now, or does." })
  readonly stale?: boolean | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "That began then or later." })
  readonly startsAfter?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "That began before." })
  readonly startsBefore?: Date | null;

  @Field(() => String, {
    nullable: true,
    description: "That have this text in their name, labels or annotations; case does not matter.",
  })
  readonly search?: string | null;
}

const AlertOrderField: { readonly [K in AlertOrderBy["field"]]: K } = {
  SEVERITY: "SEVERITY",
  STARTS_AT: "STARTS_AT",
  ALERTNAME: "ALERTNAME",
  CLUSTER: "CLUSTER",
  UPDATED_AT: "UPDATED_AT",
};
registerEnumType(AlertOrderField, { name: "AlertOrderField", description: "What alerts are sorted by." });

@InputType({ description: "How alerts are sorted; ties by when they began, the latest first." })
export class AlertOrder implements AlertOrderBy {
  @Field(() => AlertOrderField, { defaultValue: "SEVERITY", description: "What to sort by." })
  readonly field!: AlertOrderBy["field"];

  @Field(() => SortDirection, {
    defaultValue: "DESC",
    description: "In which direction; descending is the worst first.",
  })
  readonly direction!: AlertOrderBy["direction"];
}
