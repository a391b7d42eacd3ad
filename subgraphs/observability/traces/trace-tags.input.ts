import { z } from "zod";
import { CompletenessInput } from "../../shared/fleet/completeness.input.ts";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { ArgsType, Field } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { TimeRangeInput } from "../../shared/kernel/time-range.input.ts";

const word = (most: number) =>
  z
    .string()
    .min(1, "must not be empty")
    .max(most, `at most ${most} characters`)
    .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), "must be text without control characters");

/** Of whom, and of when, it is asked what can be asked for. */
@ArgsType()
export class TraceTagsArgs {
  static readonly rules = z.object({
    clusterIds: z.array(z.string()).max(1000, "at most 1000 clusters").nullish(),
    completeness: CompletenessInput.rules.nullish(),
  });

  @Field(() => [GraphQLUUID], { nullable: true, description: "Clusters to ask; all where empty." })
  readonly clusterIds?: string[] | null;

  @Field(() => ClusterSelectorInput, { nullable: true, description: "Clusters to ask, by what they are." })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => TimeRangeInput, { nullable: true, description: "Of spans of that time; the last hour unless given." })
  readonly range?: TimeRangeInput | null;

  @Field(() => CompletenessInput, { nullable: true, description: "Which clusters have to answer." })
  readonly completeness?: CompletenessInput | null;
}

@ArgsType()
export class TraceOperationsArgs extends TraceTagsArgs {
  static override readonly rules = TraceTagsArgs.rules.extend({ service: word(256) });

  @Field(() => String, { description: "The service." })
  readonly service!: string;
}

@ArgsType()
export class TraceTagValuesArgs extends TraceTagsArgs {
  static override readonly rules = TraceTagsArgs.rules.extend({ tag: word(256) });

  @Field(() => String, {
    description:
      "As TraceQL names it, such as resource.service.name, span.http.route, status; without a scope, of any.",
  })
  readonly tag!: string;
}
