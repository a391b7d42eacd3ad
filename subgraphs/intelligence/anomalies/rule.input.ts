import { z } from "zod";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, Float, InputType } from "../../shared/kernel/graphql.ts";
import { GraphQLDuration } from "../../shared/kernel/scalars.ts";
import { DetectionType } from "./anomaly.type.ts";
import { BOUNDS_IN_ORDER, bound, boundsInOrder, DESCRIPTIONS, promql, sensitivity } from "./detection.input.ts";

@InputType({ description: "What a detection rule looks for, where, how often, and what it tells." })
export class DetectionRuleInput {
  static readonly rules = z
    .object({
      name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "1 to 63 small letters, digits and hyphens"),
      description: z.string().max(1000, "at most 1000 characters").nullish(),
      expression: promql,
      sensitivity,
      above: bound,
      below: bound,
      notifyScore: z.number().min(3, "must be 3 to 20").max(20, "must be 3 to 20"),
    })
    .refine(boundsInOrder, BOUNDS_IN_ORDER);

  @Field(() => String, { description: "Unique name: 1 to 63 small letters, digits and hyphens." })
  readonly name!: string;

  @Field(() => String, { nullable: true, description: "What it is for." })
  readonly description?: string | null;

  @Field(() => String, { description: "PromQL expression." })
  readonly expression!: string;

  @Field(() => ClusterSelectorInput, { nullable: true, description: "Clusters to ask; all unless given." })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => DetectionType, { defaultValue: "STATISTICAL", description: "How to look." })
  readonly method!: DetectionType;

  @Field(() => Float, { defaultValue: 0.5, description: DESCRIPTIONS.sensitivity })
  readonly sensitivity!: number;

  @Field(() => Float, { nullable: true, description: DESCRIPTIONS.above })
  readonly above?: number | null;

  @Field(() => Float, { nullable: true, description: DESCRIPTIONS.below })
  readonly below?: number | null;

  @Field(() => GraphQLDuration, { defaultValue: "5m", description: "How often to look: 30s to 1d." })
  readonly every!: string;

  @Field(() => GraphQLDuration, {
    nullable: true,
    description: "How far apart the points are: 10s to 1h; as often as it looks unless given.",
  })
  readonly step?: string | null;

  @Field(() => GraphQLDuration, {
    defaultValue: "2d",
    description: "How much history a series is judged by: 100 to 5000 steps.",
  })
  readonly window!: string;

  @Field(() => Float, {
    defaultValue: 4,
    description: "The score, 3 to 20, from which an anomaly is told as an event; from 3 on one is recorded.",
  })
  readonly notifyScore!: number;

  @Field(() => Boolean, { defaultValue: true, description: "Whether it runs." })
  readonly enabled!: boolean;
}
