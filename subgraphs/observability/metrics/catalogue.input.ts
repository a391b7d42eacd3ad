import { z } from "zod";
import { CompletenessInput } from "../../shared/fleet/completeness.input.ts";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { ArgsType, Field, Int } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { TimeRangeInput } from "../../shared/kernel/time-range.input.ts";
import { RuleKind } from "../../shared/upstreams/prometheus/listing-schema.ts";
import { isSelector } from "../../shared/upstreams/promql/selectors.ts";
import { clusterIds, promql, timeout } from "./metrics.input.ts";

const scopeRules = z.object({
  clusterIds,
  timeout,
  limit: z.number().int().min(1, "must be 1 to 5000").max(5000, "must be 1 to 5000"),
  completeness: CompletenessInput.rules.nullish(),
});

/** Whom a list is asked of, and how much of it is answered. */
@ArgsType()
export class CatalogueArgs {
  static readonly rules: z.ZodType = scopeRules;

  @Field(() => [GraphQLUUID], { nullable: true, description: "Clusters to ask; all where empty." })
  readonly clusterIds?: string[] | null;

  @Field(() => ClusterSelectorInput, { nullable: true, description: "Clusters to ask, by what they are." })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => Int, { defaultValue: 1000, description: "Items of each cluster, and of all together: 1 to 5000." })
  readonly limit!: number;

  @Field(() => Int, {
    defaultValue: 30,
    description: "Seconds that it may take: 1 to 300. Clusters get a little less.",
  })
  readonly timeout!: number;

  @Field(() => CompletenessInput, { nullable: true, description: "Which clusters have to answer." })
  readonly completeness?: CompletenessInput | null;
}

const matcher = promql
  .max(2000, "at most 2000 characters")
  .refine(isSelector, 'must select series, such as up{job="node"}, and name at least one label');
const matchers = z.array(matcher).max(20, "at most 20 matchers");

/** A list about some of the series. */
@ArgsType()
export class MatchedArgs extends CatalogueArgs {
  static override readonly rules: z.ZodType = scopeRules.extend({ matchers: matchers.nullish() });

  @Field(() => [String], {
    nullable: true,
    description: 'Only of series that any of these selects, such as up{job="node"}. All unless given.',
  })
  readonly matchers?: string[] | null;

  @Field(() => TimeRangeInput, {
    nullable: true,
    description: "Only of series that were there then; the last hour unless given.",
  })
  readonly range?: TimeRangeInput | null;
}

@ArgsType()
export class LabelValuesArgs extends MatchedArgs {
  static override readonly rules: z.ZodType = scopeRules.extend({
    matchers: matchers.nullish(),
    label: z
      .string()
      .max(200, "at most 200 characters")
      .regex(
        /^[\p{L}_][\p{L}\p{N}_.:/-]*$/u,
        "must be a label name: letters, digits and any of _ . : / -, no digit first",
      ),
  });

  @Field(() => String, { description: "The label, such as namespace, or __name__ for the names of metrics." })
  readonly label!: string;
}

@ArgsType()
export class SeriesArgs extends CatalogueArgs {
  static override readonly rules: z.ZodType = scopeRules.extend({ matchers: matchers.min(1, "must not be empty") });

  @Field(() => [String], { description: 'The series that any of these selects, such as up{job="node"}.' })
  readonly matchers!: string[];

  @Field(() => TimeRangeInput, {
    nullable: true,
    description: "Only series that were there then; the last hour unless given.",
  })
  readonly range?: TimeRangeInput | null;
}

@ArgsType()
export class MetadataArgs extends CatalogueArgs {
  static override readonly rules: z.ZodType = scopeRules.extend({
    metric: z.string().min(1, "must not be empty").max(500, "at most 500 characters").nullish(),
  });

  @Field(() => String, { nullable: true, description: "Only of this metric. Of all unless given." })
  readonly metric?: string | null;
}

@ArgsType()
export class RulesArgs extends CatalogueArgs {
  @Field(() => RuleKind, { nullable: true, description: "Only rules of this kind. Both unless given." })
  readonly kind?: RuleKind | null;
}
