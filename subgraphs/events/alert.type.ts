import { Directive, Field, ObjectType } from "../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../shared/kernel/scalars.ts";

/** Only the key: everything about an alert is joined from its owners, per event. */
@Directive('@key(fields: "id", resolvable: false)')
@ObjectType({ simpleResolvers: true })
export class Alert {
  @Field(() => GraphQLUUID, { description: "Unique identifier of this occurrence." })
  readonly id!: string;
}
