import { z } from "zod";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { ArgsType, Field, Float, InputType } from "../../shared/kernel/graphql.ts";
import { GraphQLDuration } from "../../shared/kernel/scalars.ts";
import { TimeRangeInput } from "../../shared/kernel/time-range.input.ts";

const percent = z.number().min(0.1, "must be 0.1 to 100").max(100, "must be 0.1 to 100");
const price = z.object({
  model: z.string().min(1, "must not be empty").max(100, "at most 100 characters"),
  perHour: z.number().min(0, "must not be negative").max(1_000_000, "at most 1000000"),
});

@InputType({ description: "What an hour of a GPU costs." })
export class GPUPriceInput {
  @Field(() => String, { description: "Of this model, as GPUs name it, in any case." })
  readonly model!: string;

  @Field(() => Float, { description: "In whatever currency; costs come in the same." })
  readonly perHour!: number;
}

/** What counts as waste. */
@ArgsType()
export class GPUWasteArgs {
  static readonly rules = z.object({
    idleBelowPercent: percent,
    memoryBelowPercent: percent,
    prices: z.array(price).max(100, "at most 100 prices").nullish(),
  });

  @Field(() => ClusterSelectorInput, { nullable: true, description: "Of which clusters; of all unless given." })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => TimeRangeInput, {
    nullable: true,
    description: "When: at most 31 days; the last 24 hours unless given.",
  })
  readonly range?: TimeRangeInput | null;

  @Field(() => Float, {
    defaultValue: 5,
    description: "Idle is one that is less busy than this, in percent, at its busiest.",
  })
  readonly idleBelowPercent!: number;

  @Field(() => GraphQLDuration, { defaultValue: "30m", description: "And that for so long on end." })
  readonly idleFor!: string;

  @Field(() => Float, {
    defaultValue: 100,
    description: "And has less of its memory in use than this, in percent; 100 for whatever its pods keep in it.",
  })
  readonly memoryBelowPercent!: number;

  @Field(() => [GPUPriceInput], {
    nullable: true,
    description: "What models cost; without, there are hours and no costs.",
  })
  readonly prices?: GPUPriceInput[] | null;
}
