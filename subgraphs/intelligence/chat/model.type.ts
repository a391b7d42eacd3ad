import { Field, ID, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLJSONObject } from "../../shared/kernel/scalars.ts";

@ObjectType({ description: "A language model that answers can be asked of.", simpleResolvers: true })
export class AvailableModel {
  @Field(() => ID, { description: "What it is chosen by." })
  readonly id!: string;

  @Field(() => String, { description: "As its endpoint calls it." })
  readonly model!: string;

  @Field(() => Int, { description: "Tokens it takes in all." })
  readonly contextTokens!: number;

  @Field(() => Int, { description: "When it is asked: the first first, another one only where one fails." })
  readonly position!: number;

  @Field(() => Boolean, { description: "Whether it answers now." })
  readonly available!: boolean;

  @Field(() => String, { nullable: true, description: "Why it does not." })
  readonly problem!: string | null;
}

@ObjectType({ description: "A tool of the assistant, and of MCP clients.", simpleResolvers: true })
export class AvailableTool {
  @Field(() => ID, { description: "Its name." })
  readonly name!: string;

  @Field(() => String, { description: "Its name for people." })
  readonly title!: string;

  @Field(() => String, { description: "What it is for." })
  readonly description!: string;

  @Field(() => Boolean, { description: "Whether it only reads; what changes something needs the user's approval." })
  readonly readOnly!: boolean;

  @Field(() => GraphQLJSONObject, { description: "JSON Schema of its arguments." })
  readonly inputSchema!: Record<string, unknown>;
}
