import { z } from "zod";
import { CompletenessInput } from "../../shared/fleet/completeness.input.ts";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, InputType, Int } from "../../shared/kernel/graphql.ts";
import { GraphQLCursor, GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { type LogqlKind, logqlProblem, pipelineProblem } from "../../shared/upstreams/logql/syntax.ts";
import type { Direction } from "../../shared/upstreams/loki/schema.ts";
import { clusterIds, timeout } from "../metrics/metrics.input.ts";
import { LogDirection } from "./logs.type.ts";
import { MOST_LINES } from "./page.plan.ts";

/** As a rule, so that a malformed expression is refused together with everything else that is wrong. */
const logqlRule = (problemOf: typeof pipelineProblem) =>
  z.string().superRefine((query, ctx) => {
    const problem = problemOf(query);
    const params = { code: "INVALID_LOGQL" };
    if (problem) ctx.addIssue({ code: "custom", message: `not valid LogQL: ${problem.message}`, params });
  });

export const logql = (kind: LogqlKind) => logqlRule((query) => logqlProblem(query, kind));

const limit = z.number().int().min(1, `must be 1 to ${MOST_LINES}`).max(MOST_LINES, `must be 1 to ${MOST_LINES}`);

/** Of a pod's logs. */
export const PodLogsRules = z.object({ query: logqlRule(pipelineProblem).nullish(), limit });

@InputType({ description: "A LogQL query for log lines; of the last hour unless times are given." })
export class LogQueryInput {
  static readonly rules = z.object({
    query: logql("lines"),
    limit,
    timeout,
    clusterIds,
    after: z.string().max(1000, "at most 1000 characters").nullish(),
    completeness: CompletenessInput.rules.nullish(),
  });

  @Field(() => String, { description: 'A log selector with its pipeline, such as {namespace="shop"} |= "error".' })
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
    description: "From when, a line of that time included; one hour before the end unless given.",
  })
  readonly startTime?: Date | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "Until when, a line of that time not included; now unless given.",
  })
  readonly endTime?: Date | null;

  @Field(() => Int, { defaultValue: 100, description: `Lines a page holds: 1 to ${MOST_LINES}.` })
  readonly limit!: number;

  @Field(() => LogDirection, { defaultValue: "BACKWARD", description: "Which end of the range comes first." })
  readonly direction!: Direction;

  @Field(() => Int, { defaultValue: 30, description: "Seconds each cluster may take: 1 to 300." })
  readonly timeout!: number;

  @Field(() => CompletenessInput, {
    nullable: true,
    description: "Which clusters have to answer; not on a cluster's own field.",
  })
  readonly completeness?: CompletenessInput | null;

  @Field(() => GraphQLCursor, {
    nullable: true,
    description:
      "Go on after a page: its nextCursor, with everything else as it was but limit, timeout and completeness. Times that were not given stay those of the first page.",
  })
  readonly after?: string | null;
}
