import { Field, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLDateTime, GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";

@ObjectType({ description: "A namespace of a cluster.", simpleResolvers: true })
export class Namespace {
  @Field(() => GraphQLUUID, { description: "Its cluster." })
  readonly clusterId!: string;

  @Field(() => String, { description: "Unique in its cluster." })
  readonly name!: string;

  @Field(() => String, { nullable: true, description: "Active, or Terminating while it is deleted." })
  readonly phase!: string | null;

  @Field(() => GraphQLJSONObject, { description: "Its labels." })
  readonly labels!: Record<string, string>;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it was made." })
  readonly createdAt!: Date | null;

  @Field(() => GraphQLDateTime, { description: "The moment shown." })
  readonly asOf!: Date;
}
