import { z } from "zod";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { ArgsType, Field, Int } from "../../shared/kernel/graphql.ts";

@ArgsType()
export class FleetHealthArgs {
  static readonly rules = z.object({
    first: z.number().int().min(1, "must be 1 to 100").max(100, "must be 1 to 100"),
  });

  @Field(() => ClusterSelectorInput, { nullable: true, description: "Which clusters; all unless given." })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => Int, { defaultValue: 20, description: "Clusters a list holds at most: 1 to 100." })
  readonly first!: number;
}
