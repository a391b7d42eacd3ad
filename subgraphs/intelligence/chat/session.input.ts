import { z } from "zod";
import { Field, ID, InputType } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";

const title = z.string().trim().min(1, "must not be empty").max(200, "at most 200 characters").nullish();
const clusterContext = z.array(z.uuid()).max(200, "at most 200 clusters").nullish();
const Rules = z.object({ title, clusterContext });

@InputType({ description: "A new conversation." })
export class CreateChatSessionInput {
  static readonly rules = Rules;

  @Field(() => String, { nullable: true, description: "What it is called; made from the first question unless given." })
  readonly title?: string | null;

  @Field(() => ID, { defaultValue: "default", description: "Who answers: see personas." })
  readonly personaId!: string;

  @Field(() => [GraphQLUUID], {
    nullable: true,
    description: "The clusters it is about; all that the asking user may see unless given.",
  })
  readonly clusterContext?: string[] | null;

  @Field(() => String, { nullable: true, description: "The model to ask first: see availableModels." })
  readonly model?: string | null;
}

@InputType({ description: "What is to change in a conversation; what is not given stays." })
export class UpdateChatSessionInput {
  static readonly rules = Rules;

  @Field(() => String, { nullable: true, description: "What it is called." })
  readonly title?: string | null;

  @Field(() => ID, { nullable: true, description: "Who answers from now on." })
  readonly personaId?: string | null;

  @Field(() => [GraphQLUUID], { nullable: true, description: "The clusters it is about from now on; empty for all." })
  readonly clusterContext?: string[] | null;

  @Field(() => String, { nullable: true, description: "The model to ask first from now on." })
  readonly model?: string | null;
}

@InputType({ description: "Which conversations; all that one may read unless given." })
export class ChatSessionFilterInput {
  static readonly rules = z.object({ search: z.string().trim().min(2, "at least 2 characters").max(200).nullish() });

  @Field(() => String, { nullable: true, description: "Text in the title or in what was said." })
  readonly search?: string | null;

  @Field(() => ID, { nullable: true, description: "With this persona." })
  readonly personaId?: string | null;

  @Field(() => Boolean, { nullable: true, description: "Only those that colleagues share." })
  readonly sharedWithMe?: boolean | null;
}

@InputType({ description: "Who is to take part in a conversation." })
export class ShareChatSessionInput {
  static readonly rules = z.object({ userId: z.string().trim().min(1).max(256) });

  @Field(() => String, { description: "The colleague, as they sign in." })
  readonly userId!: string;

  @Field(() => Boolean, { defaultValue: false, description: "Whether they may ask, too: with their own rights." })
  readonly canWrite!: boolean;
}

/** The hours that a conversation may be extended by. */
export const Hours = z.object({ hours: z.number().int().min(1, "1 to 168").max(168, "1 to 168") });
