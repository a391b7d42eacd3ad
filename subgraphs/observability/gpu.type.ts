import { Directive, Field, ID, ObjectType } from "../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../shared/kernel/scalars.ts";
import type { FleetContext } from "./context.ts";

/** The GPU as this subgraph knows it: a name to hang its alerts on. */
@Directive('@key(fields: "clusterId uuid")')
@ObjectType({ simpleResolvers: true })
export class GPU {
  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Field(() => ID, { description: "Its UUID." })
  readonly uuid!: string;
}

/** For the module's `references`. Who may see the cluster is asked again here: a reference is only a claim. */
export const gpuReference = async ({ clusterId, uuid }: GPU, { targetById }: FleetContext): Promise<GPU | null> =>
  (await targetById.load(clusterId)) ? { clusterId, uuid } : null;
