import { z } from "zod";
import { CompletenessInput } from "../../shared/fleet/completeness.input.ts";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, InputType, Int } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLDuration, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { promqlProblem } from "../../shared/upstreams/promql/syntax.ts";
import { MetricScope } from "./global.type.ts";

/** As a rule, so that a malformed expression is refused together with everything else that is wrong. */
export const promql = z.string().superRefine((query, ctx) => {
  const problem = promqlProblem(query);
  if (problem)
    ctx.addIssue({
      code: "custom",
      message: `not valid PromQL: ${problem.message}`,
      params: { code: "INVALID_PROMQL" },
    });
});

export const clusterIds = z.array(z.string()).max(1000, "at most 1000 clusters").nullish();
export const timeout = z.number().int().min(1, "must be 1 to 300").max(300, "must be 1 to 300");

@InputType({
  description: "A PromQL query: at an instant if time is given, else over a range (the last hour unless given).",
})
export class MetricQueryInput {
  static readonly rules = z.object({
    query: promql,
    timeout,
    clusterIds,
    clusterLabel: z
      .string()
      .regex(/^(?!__|le$)[a-zA-Z_]\w{0,99}$/, "must be a label name that does not begin with __, and is not le")
      .nullish(),
    completeness: CompletenessInput.rules.nullish(),
  });

  @Field(() => String, { description: "PromQL expression." })
  readonly query!: string;

  @Field(() => [GraphQLUUID], {
    nullable: true,
    description: "Clusters to ask; all where empty. On a cluster's own field it must be left out.",
  })
  readonly clusterIds?: string[] | null;

  @Field(() => ClusterSelectorInput, {
    nullable: true,
    description: "Clusters to ask, by what they are. On a cluster's own field it must be left out.",
  })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "Evaluate at this instant. Not with startTime or endTime.",
  })
  readonly time?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "Range start; one hour before its end unless given." })
  readonly startTime?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "Range end; now unless given." })
  readonly endTime?: Date | null;

  @Field(() => GraphQLDuration, {
    defaultValue: "1m",
    description: "Range resolution. At most 11,000 points a series.",
  })
  readonly step!: string;

  @Field(() => Int, {
    defaultValue: 30,
    description: "Seconds that it may take: 1 to 300. Clusters get a little less.",
  })
  readonly timeout!: number;

  @Field(() => String, {
    nullable: true,
    description:
      "A label, such as cluster, that every series of a vector or matrix gets, with its cluster's name. A label of that name that it has already becomes original_<label>. Matchers on it choose the clusters that are asked, by the rules of PromQL. Grouping and functions see only the labels that a cluster has itself.",
  })
  readonly clusterLabel?: string | null;

  @Field(() => MetricScope, {
    defaultValue: "PER_CLUSTER",
    description:
      "Over what it is evaluated. GLOBAL has clusterLabel on every series, cluster unless given, and is for the query metrics and its explanation only.",
  })
  readonly scope!: MetricScope;

  @Field(() => CompletenessInput, {
    nullable: true,
    description: "Which clusters have to answer. Not on a cluster's own field, and not in a stream.",
  })
  readonly completeness?: CompletenessInput | null;
}
