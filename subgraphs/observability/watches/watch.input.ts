import { z } from "zod";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, Float, InputType } from "../../shared/kernel/graphql.ts";
import { GraphQLDuration } from "../../shared/kernel/scalars.ts";
import { promqlProblem } from "../../shared/upstreams/promql/syntax.ts";

const threshold = z.number().nullish();

const Rules = z
  .object({
    name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "1 to 63 small letters, digits and hyphens"),
    query: z.string().superRefine((query, ctx) => {
      const problem = promqlProblem(query);
      const params = { code: "INVALID_PROMQL" };
      if (problem) ctx.addIssue({ code: "custom", message: `not valid PromQL: ${problem.message}`, params });
    }),
    above: threshold,
    below: threshold,
    changePercent: z.number().positive("must be more than 0").max(1_000_000).nullish(),
  })
  .refine(({ above, below, changePercent }) => [above, below, changePercent].some((rule) => rule != null), {
    message: "give above, below or changePercent: without any, nothing would ever be told",
    path: ["above"],
  })
  .refine(({ above, below }) => above == null || below == null || below <= above, {
    message: "must not be more than above",
    path: ["below"],
  });

@InputType({ description: "A standing metric query, and which of its values are told as METRIC_UPDATE events." })
export class MetricWatchInput {
  static readonly rules = Rules;

  @Field(() => String, { description: "Unique name: 1 to 63 small letters, digits and hyphens." })
  readonly name!: string;

  @Field(() => String, { description: "PromQL expression, evaluated at an instant. At most 500 series a cluster." })
  readonly query!: string;

  @Field(() => ClusterSelectorInput, { nullable: true, description: "Clusters to ask; all unless given." })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => GraphQLDuration, { defaultValue: "30s", description: "How often to ask: 10s to 1d." })
  readonly every!: string;

  @Field(() => Float, { nullable: true, description: "Tell of a value above, and when it comes back." })
  readonly above?: number | null;

  @Field(() => Float, { nullable: true, description: "Tell of a value below, and when it comes back." })
  readonly below?: number | null;

  @Field(() => Float, { nullable: true, description: "Tell of a move by as many percent since it last told." })
  readonly changePercent?: number | null;
}
