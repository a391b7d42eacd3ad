import { Directive, Field, ObjectType } from "../shared/kernel/graphql.ts";
import { clusterOutcomeType } from "../shared/kernel/outcome.type.ts";
import { GraphQLUUID } from "../shared/kernel/scalars.ts";

/** The cluster as this subgraph knows it: an id to hang its metrics on. */
@Directive('@key(fields: "id")')
@ObjectType({ simpleResolvers: true })
export class Cluster {
  @Field(() => GraphQLUUID, { description: "Unique identifier." })
  readonly id!: string;
}

export const ClusterOutcome = clusterOutcomeType(() => Cluster);
export type ClusterOutcome = InstanceType<typeof ClusterOutcome>;
