import { z } from "zod";
import { CompletenessInput } from "../../shared/fleet/completeness.input.ts";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, InputType, Int } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { traceqlProblem, traceqlTraits } from "../../shared/upstreams/traceql/syntax.ts";
import { isTraceId } from "./trace-id.filter.ts";

/** As a rule, so that a malformed query is refused together with everything else that is wrong. */
const traceql = z.string().superRefine((query, ctx) => {
  const problem = traceqlProblem(query);
  const message = problem
    ? `not valid TraceQL: ${problem.message}`
    : traceqlTraits(query).isMetrics && "answers series, and no traces: leave out the metrics function";
  if (message) ctx.addIssue({ code: "custom", message, params: { code: "INVALID_TRACEQL" } });
});

const text = (most: number) =>
  z
    .string()
    .min(1, "must not be empty")
    .max(most, `at most ${most} characters`)
    .refine((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), "must be text without control characters");

const milliseconds = z.number().int().min(0, "must not be negative");

const BY_PARTS = ["serviceName", "operationName", "tags", "minDurationMs", "maxDurationMs"] as const;

const rules = z
  .object({
    traceId: z.string().nullish(),
    traceql: traceql.nullish(),
    serviceName: text(256).nullish(),
    operationName: text(256).nullish(),
    tags: z
      .record(text(256), text(1024), "must be texts by name")
      .refine((tags) => Object.keys(tags).length <= 20, "at most 20")
      .nullish(),
    minDurationMs: milliseconds.nullish(),
    maxDurationMs: milliseconds.nullish(),
    limit: z.number().int().min(1, "must be 1 to 100").max(100, "must be 1 to 100"),
    timeout: z.number().int().min(1, "must be 1 to 300").max(300, "must be 1 to 300"),
    clusterIds: z.array(z.string()).max(1000, "at most 1000 clusters").nullish(),
    completeness: CompletenessInput.rules.nullish(),
  })
  .superRefine((query, ctx) => {
    const issue = (path: string, message: string, code?: string): void =>
      ctx.addIssue({ code: "custom", path: [path], message, ...(code ? { params: { code } } : {}) });
    const given = BY_PARTS.filter((name) => (query[name] ?? null) !== null);
    if (query.traceql && given.length > 0) issue("traceql", `excludes ${given.join(", ")}`);
    if (query.traceId && (query.traceql || given.length > 0)) issue("traceId", "excludes every other condition");
    if (query.traceId && !isTraceId(query.traceId))
      issue("traceId", "must be 1 to 32 hexadecimal digits", "INVALID_TRACE_ID");
    const { minDurationMs, maxDurationMs } = query;
    if (minDurationMs && maxDurationMs && minDurationMs > maxDurationMs)
      issue("maxDurationMs", "must not be below minDurationMs");
  });

@InputType({
  description:
    "Which traces: those with a span that has every given part, or that a TraceQL query selects. The last hour unless times are given.",
})
export class TraceQueryInput {
  static readonly rules = rules;

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

  @Field(() => String, { nullable: true, description: "The span's service; * stands for any text, as in order-*." })
  readonly serviceName?: string | null;

  @Field(() => String, { nullable: true, description: "What was done, exactly as the span has it." })
  readonly operationName?: string | null;

  @Field(() => String, { nullable: true, description: "One trace by its id, and nothing else." })
  readonly traceId?: string | null;

  @Field(() => Int, { nullable: true, description: "The whole trace took at least so many milliseconds." })
  readonly minDurationMs?: number | null;

  @Field(() => Int, { nullable: true, description: "The whole trace took at most so many milliseconds." })
  readonly maxDurationMs?: number | null;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description:
      'Values by tag, at most 20, such as {"http.status_code": "500", "resource.k8s.namespace.name": "shop"}. Each matches as text, number or boolean; error: "true" also spans whose status is an error.',
  })
  readonly tags?: Record<string, string> | null;

  @Field(() => String, {
    nullable: true,
    description: "A TraceQL query instead of the parts. Newest first unless it has hints of its own.",
  })
  readonly traceql?: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "From when; one hour before the end unless given." })
  readonly startTime?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "Until when; now unless given. At most 8 weeks." })
  readonly endTime?: Date | null;

  @Field(() => Int, { defaultValue: 20, description: "At most so many traces: 1 to 100." })
  readonly limit!: number;

  @Field(() => Int, { defaultValue: 30, description: "Seconds each cluster may take: 1 to 300." })
  readonly timeout!: number;

  @Field(() => CompletenessInput, { nullable: true, description: "Which clusters have to answer." })
  readonly completeness?: CompletenessInput | null;
}
