import { Field, ObjectType } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { ChatStreamKind } from "./chat-enums.type.ts";
import { ChatMessage, ToolCall } from "./message.type.ts";

@ObjectType({ description: "Something that happened in a conversation.", simpleResolvers: true })
export class ChatStreamItem {
  @Field(() => ChatStreamKind, { description: "What it tells." })
  readonly kind!: ChatStreamKind;

  @Field(() => GraphQLUUID, { description: "The message it is about." })
  readonly messageId!: string;

  @Field(() => String, { nullable: true, description: "Of STATE and DELTA: the text." })
  readonly text!: string | null;

  @Field(() => ToolCall, {
    nullable: true,
    description: "Of TOOL_CALL: the call with its arguments, status and result.",
  })
  readonly toolCall!: ToolCall | null;

  @Field(() => ChatMessage, { nullable: true, description: "Of MESSAGE: the message." })
  readonly message!: ChatMessage | null;
}
