import { Directive, Field, ObjectType } from "../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../shared/kernel/scalars.ts";

/** Only the key: everything about a cluster is joined from its owners, per event. */
@Directive('@key(fields: "id", resolvable: false)')
@ObjectType({ simpleResolvers: true })
export class Cluster {
  @Field(() => GraphQLUUID, { description: "Unique identifier." })
  readonly id!: string;
}
