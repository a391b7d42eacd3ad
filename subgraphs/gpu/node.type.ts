import { Directive, Field, ObjectType } from "../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../shared/kernel/scalars.ts";
import type { FleetContext } from "./context.ts";

/** The node as this subgraph knows it: a name to hang its GPUs on. */
@Directive('@key(fields: "clusterId name")')
@ObjectType({ simpleResolvers: true })
export class Node {
  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "Its name." })
  readonly name!: string;
}

/** Who may see the cluster is asked again here: a reference is only a claim. */
export const nodeReference = async ({ clusterId, name }: Node, { targets }: FleetContext): Promise<Node | null> =>
  (await targets.byId.load(clusterId)) ? { clusterId, name } : null;
