import { Directive, Field, ObjectType } from "../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../shared/kernel/scalars.ts";

/** Only the key: everything about an analysis is joined from its owner, per event. */
@Directive('@key(fields: "id", resolvable: false)')
@ObjectType({ simpleResolvers: true })
export class RootCauseAnalysis {
  @Field(() => GraphQLUUID, { description: "Unique identifier." })
  readonly id!: string;
}
