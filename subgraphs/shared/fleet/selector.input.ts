import { Field, InputType } from "../kernel/graphql.ts";
import { GraphQLUUID } from "../kernel/scalars.ts";
import { ClusterType, Environment } from "./enums.type.ts";
import type { ClusterSelector } from "./selector.ts";

@InputType({ description: "Which clusters: those that match every given part; all where nothing is given." })
export class ClusterSelectorInput implements ClusterSelector {
  @Field(() => [GraphQLUUID], { nullable: true, description: "These clusters. One that cannot be seen is an error." })
  readonly ids?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description: "Kubernetes label selector, such as team=payments,tier in (gold,silver),!legacy.",
  })
  readonly labelSelector?: string | null;

  @Field(() => [Environment], { nullable: true, description: "Of these environments." })
  readonly environments?: Environment[] | null;

  @Field(() => [String], { nullable: true, description: "In these regions." })
  readonly regions?: string[] | null;

  @Field(() => [ClusterType], { nullable: true, description: "Of these types." })
  readonly types?: ClusterType[] | null;
}
