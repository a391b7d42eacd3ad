import { ClusterState } from "../../shared/fleet/enums.type.ts";
import { Field, Float, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime } from "../../shared/kernel/scalars.ts";
import { FleetCount } from "../registry/fleet-summary.type.ts";

@ObjectType({ description: "A cluster as the fleet's health has it.", simpleResolvers: true })
export class ClusterHealth {
  /** For the cluster, which is looked up. */
  readonly id!: string;

  @Field(() => ClusterState, { description: "Its state." })
  readonly state!: ClusterState;

  @Field(() => Int, { nullable: true, description: "Its health score. Null where nothing could be asked." })
  readonly healthScore!: number | null;

  @Field(() => String, { nullable: true, description: "What failed in the last check, if anything did." })
  readonly lastError!: string | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: "Since when it has been in this state. Null before its first check.",
  })
  readonly since!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it was last checked. Null where it never was." })
  readonly lastCheckedAt!: Date | null;

  @Field(() => Boolean, {
    description: "Whether that is more than twice its schedule ago: what is known of it may no longer be so.",
  })
  readonly stale!: boolean;
}

@ObjectType({ description: "How the fleet is, over the selected clusters.", simpleResolvers: true })
export class FleetHealth {
  @Field(() => Int, { description: "Clusters in all." })
  readonly total!: number;

  @Field(() => [FleetCount], { description: "Clusters by state, the worst state first." })
  readonly byState!: FleetCount[];

  @Field(() => Float, {
    nullable: true,
    description: "Mean health score of the checked clusters. Null where none was checked.",
  })
  readonly averageHealthScore!: number | null;

  @Field(() => [ClusterHealth], { description: "Clusters that are not ONLINE, the worst first." })
  readonly worst!: ClusterHealth[];

  @Field(() => Int, { description: "Clusters not checked for more than twice their schedule." })
  readonly staleCount!: number;

  @Field(() => [ClusterHealth], { description: "Those clusters, the longest unchecked first." })
  readonly stale!: ClusterHealth[];
}
