import { Directive, Field, ObjectType } from "../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../shared/kernel/scalars.ts";

/** Only the key: everything about a node's GPUs is joined from their owner, per event. */
@Directive('@key(fields: "clusterId nodeName", resolvable: false)')
@ObjectType({ simpleResolvers: true })
export class GPUNode {
  @Field(() => GraphQLUUID, { description: "Its cluster's id." })
  readonly clusterId!: string;

  @Field(() => String, { description: "Its name." })
  readonly nodeName!: string;
}
