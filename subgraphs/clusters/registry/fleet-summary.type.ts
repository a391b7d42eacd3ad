import { Field, Float, Int, ObjectType } from "../../shared/kernel/graphql.ts";

@ObjectType({ description: "How many clusters share one value.", simpleResolvers: true })
export class FleetCount {
  @Field(() => String, { description: "The value." })
  readonly value!: string;

  @Field(() => Int, { description: "Clusters with it." })
  readonly count!: number;
}

@ObjectType({ description: "The fleet in numbers, over the selected clusters.", simpleResolvers: true })
export class FleetSummary {
  @Field(() => Int, { description: "Clusters in all." })
  readonly total!: number;

  @Field(() => [FleetCount], { description: "Clusters by state." })
  readonly byState!: FleetCount[];

  @Field(() => [FleetCount], { description: "Clusters by type." })
  readonly byType!: FleetCount[];

  @Field(() => [FleetCount], { description: "Clusters by environment." })
  readonly byEnvironment!: FleetCount[];

  @Field(() => [FleetCount], { description: "Clusters by platform." })
  readonly byPlatform!: FleetCount[];

  @Field(() => [FleetCount], { description: "Clusters by region; those without one are not counted." })
  readonly byRegion!: FleetCount[];

  @Field(() => Int, { description: "GPUs over the clusters where they could be counted." })
  readonly gpuCount!: number;

  @Field(() => Int, { description: "Clusters known to have GPUs." })
  readonly gpuClusters!: number;

  @Field(() => Int, { description: "Clusters known to run network functions." })
  readonly cnfClusters!: number;

  @Field(() => Float, {
    nullable: true,
    description: "Mean health score of the checked clusters. Null where none was checked.",
  })
  readonly averageHealthScore!: number | null;
}
