import { Field, ID, ObjectType } from "../../shared/kernel/graphql.ts";

@ObjectType({
  description: "Who answers in a conversation: how it speaks, and with which tools.",
  simpleResolvers: true,
})
export class Persona {
  @Field(() => ID, { description: "Unique identifier." })
  readonly id!: string;

  @Field(() => String, { description: "What it is called." })
  readonly name!: string;

  @Field(() => String, { description: "What it is for." })
  readonly description!: string;

  @Field(() => String, { description: "How it answers. What keeps answers honest and safe is added to it, and wins." })
  readonly systemPrompt!: string;

  @Field(() => [String], { description: "The tools it may use; what changes something still needs approval." })
  readonly capabilities!: readonly string[];

  @Field(() => String, { description: "Icon for the console." })
  readonly icon!: string;

  @Field(() => Boolean, { description: "Whether everybody has it, and nobody may change it." })
  readonly isBuiltin!: boolean;

  @Field(() => String, { nullable: true, description: "Who made it; null for a built-in one." })
  readonly createdBy!: string | null;
}
