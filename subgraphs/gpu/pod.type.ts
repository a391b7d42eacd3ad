import { Directive, Field, ObjectType } from "../shared/kernel/graphql.ts";
import { isWithin } from "../shared/kernel/namespaces.ts";
import { GraphQLUUID } from "../shared/kernel/scalars.ts";
import type { FleetContext } from "./context.ts";

/** The pod as this subgraph knows it: a name to hang its GPUs on. */
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

/** Who may see the cluster and the namespace is asked again here: a reference is only a claim. */
export const podReference = async (
  { clusterId, namespace, name }: Pod,
  { targets }: FleetContext,
): Promise<Pod | null> => {
  const target = await targets.byId.load(clusterId);
  return target && isWithin(target.namespaces, namespace) ? { clusterId, namespace, name } : null;
};
