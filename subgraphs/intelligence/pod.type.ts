import { Directive, Field, ObjectType } from "../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../shared/kernel/scalars.ts";

/** Only the key: everything about a pod is joined from its owners. */
@Directive('@key(fields: "clusterId namespace name", resolvable: false)')
@ObjectType({ simpleResolvers: true })
export class Pod {
  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "Its namespace." })
  readonly namespace!: string;

  @Field(() => String, { description: "Its name." })
  readonly name!: string;
}
