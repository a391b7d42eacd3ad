import { Directive, Field, ObjectType } from "../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../shared/kernel/scalars.ts";
import type { FleetContext } from "./context.ts";

/** The pod as this subgraph knows it: a name to hang its metrics, logs and alerts on. */
@Directive('@key(fields: "clusterId namespace name")')
@ObjectType({ simpleResolvers: true })
export class Pod {
  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "Its namespace." })
  readonly namespace!: string;

  @Field(() => String, { description: "Its name." })
  readonly name!: string;
}

/** For the module's `references`. Who may see the cluster is asked again here: a reference is only a claim. */
export const podReference = async (
  { clusterId, namespace, name }: Pod,
  { targetById }: FleetContext,
): Promise<Pod | null> => ((await targetById.load(clusterId)) ? { clusterId, namespace, name } : null);
