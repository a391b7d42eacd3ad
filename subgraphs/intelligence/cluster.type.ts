import { Directive, Field, ObjectType } from "../shared/kernel/graphql.ts";
import { clusterOutcomeType } from "../shared/kernel/outcome.type.ts";
import { GraphQLUUID } from "../shared/kernel/scalars.ts";
import type { FleetContext } from "./context.ts";

/** The cluster as this subgraph knows it: an id to hang its anomalies and analyses on. */
@Directive('@key(fields: "id")')
@ObjectType({ simpleResolvers: true })
export class Cluster {
  @Field(() => GraphQLUUID, { description: "Unique identifier." })
  readonly id!: string;
}

/** Who may see the cluster is asked again here: a reference is only a claim. */
export const clusterReference = async ({ id }: Cluster, { targetById }: FleetContext): Promise<Cluster | null> =>
  (await targetById.load(id)) ? { id } : null;

export const ClusterOutcome = clusterOutcomeType(() => Cluster);
export type ClusterOutcome = InstanceType<typeof ClusterOutcome>;
