import { Directive, Field, ObjectType } from "../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../shared/kernel/scalars.ts";

/** Only the key: everything about a node is joined from its owners. */
@Directive('@key(fields: "clusterId name", resolvable: false)')
@ObjectType({ simpleResolvers: true })
export class Node {
  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "Its name." })
  readonly name!: string;
}
