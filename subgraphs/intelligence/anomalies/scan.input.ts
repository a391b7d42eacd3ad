import { z } from "zod";
import { CompletenessInput } from "../../shared/fleet/completeness.input.ts";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, Float, InputType, Int } from "../../shared/kernel/graphql.ts";
import { GraphQLDuration, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { TimeRangeInput } from "../../shared/kernel/time-range.input.ts";
import { DetectionType } from "./anomaly.type.ts";
import { BOUNDS_IN_ORDER, bound, boundsInOrder, DESCRIPTIONS, promql, sensitivity } from "./detection.input.ts";

@InputType({ description: "What to look for anomalies in, where, and how." })
export class DetectAnomaliesInput {
  static readonly rules = z
    .object({
      query: promql,
      clusterIds: z.array(z.string()).max(1000, "at most 1000 clusters").nullish(),
      sensitivity,
      above: bound,
      below: bound,
      timeout: z.number().int().min(1, "must be 1 to 300").max(300, "must be 1 to 300"),
      limit: z.number().int().min(1, "must be 1 to 500").max(500, "must be 1 to 500"),
      completeness: CompletenessInput.rules.nullish(),
    })
    .refine(boundsInOrder, BOUNDS_IN_ORDER);

  @Field(() => String, {
    description:
      "PromQL expression. Of counters as they are, such as http_requests_total, the growth is looked at, and one that begins anew is no drop.",
  })
  readonly query!: string;

  @Field(() => [GraphQLUUID], { nullable: true, description: "Clusters to ask; all where empty." })
  readonly clusterIds?: string[] | null;

  @Field(() => ClusterSelectorInput, { nullable: true, description: "Clusters to ask, by what they are." })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => TimeRangeInput, {
    nullable: true,
    description:
      "When; the last day unless given. Its beginning is what the rest is compared with: the longer, the better.",
  })
  readonly range?: TimeRangeInput | null;

  @Field(() => GraphQLDuration, {
    defaultValue: "5m",
    description: "Range resolution. At most 11,000 points a series.",
  })
  readonly step!: string;

  @Field(() => DetectionType, { defaultValue: "STATISTICAL", description: "How to look." })
  readonly method!: DetectionType;

  @Field(() => Float, { defaultValue: 0.5, description: DESCRIPTIONS.sensitivity })
  readonly sensitivity!: number;

  @Field(() => Float, { nullable: true, description: DESCRIPTIONS.above })
  readonly above?: number | null;

  @Field(() => Float, { nullable: true, description: DESCRIPTIONS.below })
  readonly below?: number | null;

  @Field(() => Int, { defaultValue: 60, description: "Seconds that clusters may take to answer: 1 to 300." })
  readonly timeout!: number;

  @Field(() => Int, { defaultValue: 100, description: "Anomalies to show, the rarest: 1 to 500." })
  readonly limit!: number;

  @Field(() => CompletenessInput, { nullable: true, description: "Which clusters have to answer." })
  readonly completeness?: CompletenessInput | null;

  @Field(() => Boolean, {
    defaultValue: false,
    description: "Whether to record what is found, at most 1000 of it. Needs the role operator.",
  })
  readonly keep!: boolean;
}
