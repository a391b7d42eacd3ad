import { Field, ID, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster } from "../cluster.type.ts";
import type { SessionRow } from "./session.repository.ts";

@ObjectType({ description: "A colleague who takes part in a conversation.", simpleResolvers: true })
export class ChatShare {
  @Field(() => String, { description: "The colleague." })
  readonly userId!: string;

  @Field(() => Boolean, { description: "Whether they may ask, too." })
  readonly canWrite!: boolean;
}

@ObjectType({ description: "A conversation with the assistant (spec 5.5)." })
export class ChatSession {
  /** What `messages` reads. */
  readonly row!: SessionRow;

  @Field(() => GraphQLUUID, { description: "Unique identifier.", simple: true })
  readonly id!: string;

  @Field(() => String, { description: "Who began it.", simple: true })
  readonly userId!: string;

  @Field(() => String, { nullable: true, description: "Given, or made from the first question.", simple: true })
  readonly title!: string | null;

  @Field(() => ID, { description: "Who answers.", simple: true })
  readonly personaId!: string;

  @Field(() => [GraphQLUUID], {
    description: "The clusters it is about; empty for all that the asking user may see.",
    simple: true,
  })
  readonly clusterContext!: string[];

  @Field(() => [Cluster], { description: "The same, joined.", simple: true })
  readonly clusters!: Cluster[];

  @Field(() => String, {
    nullable: true,
    description: "The model asked first; null for the configured order.",
    simple: true,
  })
  readonly model!: string | null;

  @Field(() => Int, { description: "Messages, over all branches.", simple: true })
  readonly messageCount!: number;

  @Field(() => GraphQLUUID, {
    nullable: true,
    description: "The message that the next question follows on.",
    simple: true,
  })
  readonly headId!: string | null;

  @Field(() => [ChatShare], { description: "Who else takes part.", simple: true })
  readonly shares!: ChatShare[];

  @Field(() => GraphQLDateTime, { description: "When it began.", simple: true })
  readonly createdAt!: Date;

  @Field(() => GraphQLDateTime, { description: "When something was last said.", simple: true })
  readonly updatedAt!: Date;

  @Field(() => GraphQLDateTime, {
    description: "When it ends: a day after the last activity, and never later than seven days after its beginning.",
    simple: true,
  })
  readonly expiresAt!: Date;
}

export const ChatSessionPage = pageType(() => ChatSession, "ChatSession");
export type ChatSessionPage = InstanceType<typeof ChatSessionPage>;
