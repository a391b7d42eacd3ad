import { z } from "zod";
import { AlertSeverity } from "../../shared/fleet/enums.type.ts";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, InputType } from "../../shared/kernel/graphql.ts";
import { TimeRangeInput } from "../../shared/kernel/time-range.input.ts";
import { GPUHealthKind } from "./health-enums.type.ts";

const name = z.string().min(1, "must not be empty").max(253, "at most 253 characters").nullish();

@InputType({ description: "Which troubles of GPUs: those that match every given part." })
export class GPUHealthEventFilterInput {
  static readonly rules = z.object({ node: name, device: name });

  @Field(() => ClusterSelectorInput, { nullable: true, description: "In which clusters; in all unless given." })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => [GPUHealthKind], { nullable: true, description: "Of these kinds." })
  readonly kinds?: GPUHealthKind[] | null;

  @Field(() => [AlertSeverity], { nullable: true, description: "Of these severities." })
  readonly severities?: AlertSeverity[] | null;

  @Field(() => Boolean, { nullable: true, description: "Whether it still stands." })
  readonly active?: boolean | null;

  @Field(() => String, { nullable: true, description: "Of the GPUs of the node of this name." })
  readonly node?: string | null;

  @Field(() => String, { nullable: true, description: "Of this GPU, by its UUID." })
  readonly device?: string | null;

  @Field(() => TimeRangeInput, { nullable: true, description: "That stood at some time in this stretch." })
  readonly range?: TimeRangeInput | null;
}
