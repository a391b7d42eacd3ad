import { z } from "zod";
import { Field, InputType, Int, registerEnumType } from "../kernel/graphql.ts";
import { GraphQLUUID } from "../kernel/scalars.ts";
import type { Completeness } from "./cluster-outcome.ts";

const OnPartial = { WARN: "WARN", FAIL: "FAIL" } as const;
type OnPartial = (typeof OnPartial)[keyof typeof OnPartial];
registerEnumType(OnPartial, {
  name: "OnPartial",
  description: "What becomes of a request to which not every cluster answers completely.",
  valuesConfig: {
    WARN: { description: "The answer stands, and each cluster's outcome says how it ended." },
    FAIL: { description: "The request fails with INCOMPLETE, and details.clusters has the reasons." },
  },
});

@InputType({ description: "Which clusters have to answer for the answer to stand." })
export class CompletenessInput implements Completeness {
  static readonly rules = z.object({
    minClusters: z.number().int().min(1, "must be at least 1").nullish(),
    requiredClusterIds: z.array(z.string()).max(1000, "at most 1000 clusters").nullish(),
  });

  @Field(() => OnPartial, { defaultValue: "WARN", description: "What becomes of an incomplete answer." })
  readonly onPartial!: OnPartial;

  @Field(() => [GraphQLUUID], {
    nullable: true,
    description: "These have to answer completely, whatever onPartial says.",
  })
  readonly requiredClusterIds?: string[] | null;

  @Field(() => Int, { nullable: true, description: "So many have to answer, if only in part." })
  readonly minClusters?: number | null;
}
