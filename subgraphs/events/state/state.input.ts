import { z } from "zod";
import { AlertSeverity } from "../../shared/fleet/enums.type.ts";
import { ClusterSelectorInput } from "../../shared/fleet/selector.input.ts";
import { Field, InputType } from "../../shared/kernel/graphql.ts";

export const PageSizeRule = z.object({
  pageSize: z.number().int().min(1, "must be 1 to 100").max(100, "must be 1 to 100"),
});

@InputType({ description: "Which of the alerts that fire: those that match every given part." })
export class ActiveAlertFilterInput {
  static readonly rules = z.object({
    namespaces: z.array(z.string().min(1).max(63)).max(1000, "at most 1000 namespaces").nullish(),
  });

  @Field(() => ClusterSelectorInput, { nullable: true, description: "Of these clusters; all unless given." })
  readonly selector?: ClusterSelectorInput | null;

  @Field(() => [AlertSeverity], { nullable: true, description: "As bad as these; all where empty." })
  readonly severities?: AlertSeverity[] | null;

  @Field(() => [String], { nullable: true, description: "In these namespaces; all where empty." })
  readonly namespaces?: string[] | null;
}
