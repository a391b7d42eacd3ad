import { z } from "zod";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, InputType, Int } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLDuration, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { promqlProblem } from "../../shared/upstreams/promql/syntax.ts";

/** As a rule, so that a malformed expression is refused together with everything else that is wrong. */
const promql = z.string().superRefine((query, ctx) => {
  const problem = promqlProblem(query);
  if (problem)
    ctx.addIssue({
      code: "custom",
      message: `not valid PromQL: ${problem.message}`,
      params: { code: "INVALID_PROMQL" },
    });
});

@InputType({
  description: "A PromQL query: at an instant if time is given, else over a range (the last hour unless given).",
})
export class MetricQueryInput {
  static readonly rules = z.object({
    query: promql,
    timeout: z.number().int().min(1, "must be 1 to 300").max(300, "must be 1 to 300"),
    clusterIds: z.array(z.string()).max(1000, "at most 1000 clusters").nullish(),
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

  @Field(() => Int, { defaultValue: 30, description: "Seconds each cluster may take: 1 to 300." })
  readonly timeout!: number;
}
