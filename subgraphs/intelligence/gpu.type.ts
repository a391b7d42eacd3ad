import { Directive, Field, ID, ObjectType } from "../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../shared/kernel/scalars.ts";

/** Only the key: everything about a GPU is joined from its owners. */
@Directive('@key(fields: "clusterId uuid", resolvable: false)')
@ObjectType({ simpleResolvers: true })
export class GPU {
  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Field(() => ID, { description: "Its UUID." })
  readonly uuid!: string;
}
