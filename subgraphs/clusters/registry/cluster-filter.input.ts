import { z } from "zod";
import { Platform } from "../../../prisma/generated/enums.ts";
import { ClusterState, ClusterType, Environment } from "../../shared/fleet/enums.type.ts";
import { Field, InputType, registerEnumType } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { SortDirection } from "../../shared/kernel/sort-direction.type.ts";

export const ClusterOrderField = {
  NAME: "NAME",
  CREATED_AT: "CREATED_AT",
  UPDATED_AT: "UPDATED_AT",
  HEALTH_SCORE: "HEALTH_SCORE",
} as const;
export type ClusterOrderField = (typeof ClusterOrderField)[keyof typeof ClusterOrderField];
registerEnumType(ClusterOrderField, { name: "ClusterOrderField", description: "What clusters are sorted by." });

@InputType({ description: "How clusters are sorted; ties by name." })
export class ClusterOrder {
  @Field(() => ClusterOrderField, { defaultValue: "NAME", description: "What to sort by." })
  readonly field!: ClusterOrderField;

  @Field(() => SortDirection, { defaultValue: "ASC", description: "In which direction." })
  readonly direction!: SortDirection;
}

@InputType({ description: "Which clusters: those that match every given part." })
export class ClusterFilterInput {
  static readonly rules = z.object({
    nameContains: z.string().min(1).max(63).nullish(),
    labelSelector: z.string().max(4096).nullish(),
  });

  @Field(() => String, { nullable: true, description: "Part of the name or display name; case does not matter." })
  readonly nameContains?: string | null;

  @Field(() => [GraphQLUUID], { nullable: true, description: "These clusters." })
  readonly ids?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description: "Kubernetes label selector, such as team=payments,tier in (gold,silver),!legacy.",
  })
  readonly labelSelector?: string | null;

  @Field(() => [ClusterType], { nullable: true, description: "Of these types." })
  readonly types?: ClusterType[] | null;

  @Field(() => [Environment], { nullable: true, description: "Of these environments." })
  readonly environments?: Environment[] | null;

  @Field(() => [String], { nullable: true, description: "In these regions." })
  readonly regions?: string[] | null;

  @Field(() => [Platform], { nullable: true, description: "Of these platforms." })
  readonly platforms?: Platform[] | null;

  @Field(() => [ClusterState], { nullable: true, description: "In these states." })
  readonly states?: ClusterState[] | null;

  @Field(() => Boolean, { nullable: true, description: "With GPUs found, or with none found." })
  readonly hasGpuNodes?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: "With network functions found, or with none found." })
  readonly hasCnfWorkloads?: boolean | null;
}
