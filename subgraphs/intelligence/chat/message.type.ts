import { Field, ID, Int, ObjectType } from "../../shared/kernel/graphql.ts";
import { pageType } from "../../shared/kernel/page.type.ts";
import { GraphQLDateTime, GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { Cluster } from "../cluster.type.ts";
import { ChatMessageStatus, ChatRole, ToolCallStatus } from "./chat-enums.type.ts";
import type { CallRow } from "./message.repository.ts";

@ObjectType({
  description: "What was asked of one cluster, or of the fleet: what a number in an answer stands on.",
  simpleResolvers: true,
})
export class ChatSource {
  @Field(() => ID, { description: "Of its call: s1, s2, ..." })
  readonly id!: string;

  @Field(() => Cluster, { nullable: true, description: "The cluster that was asked; null for several." })
  readonly cluster!: Cluster | null;

  @Field(() => String, { nullable: true, description: "Its name." })
  readonly clusterName!: string | null;

  @Field(() => String, { description: "PROMQL, LOGQL, TRACEQL or GRAPHQL." })
  readonly language!: string;

  @Field(() => String, { description: "What was asked." })
  readonly query!: string;

  @Field(() => GraphQLDateTime, { description: "When, or for when." })
  readonly at!: Date;

  @Field(() => String, { description: "The outcome: SUCCESS, PARTIAL, ERROR, ..." })
  readonly outcome!: string;
}

@ObjectType({ description: "A source that an answer names.", simpleResolvers: true })
export class ChatCitation extends ChatSource {
  @Field(() => ID, { description: "The call that asked." })
  readonly callId!: string;

  @Field(() => String, { description: "The tool that was called." })
  readonly tool!: string;
}

@ObjectType({ description: "What a tool found (spec 5.4).", simpleResolvers: true })
export class ToolResult {
  @Field(() => ID, { description: "The call's id." })
  readonly toolCallId!: string;

  @Field(() => ToolCallStatus, { description: "SUCCESS, ERROR or TIMEOUT." })
  readonly status!: ToolCallStatus;

  @Field(() => String, { nullable: true, description: "In one sentence." })
  readonly summary!: string | null;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description: "As the model was shown it: rows on top, samples, statistics.",
  })
  readonly result!: Record<string, unknown> | null;

  @Field(() => String, { nullable: true, description: "What went wrong." })
  readonly error!: string | null;

  @Field(() => String, { nullable: true, description: "What went wrong, as a code." })
  readonly errorCode!: string | null;

  @Field(() => Int, { nullable: true, description: "How long it took, in milliseconds." })
  readonly durationMs!: number | null;

  @Field(() => [ChatSource], { description: "Whom it asked, and what." })
  readonly sources!: ChatSource[];

  @Field(() => String, { nullable: true, description: "The same as an operation on the graph, to be pasted." })
  readonly operation!: string | null;

  @Field(() => GraphQLJSONObject, { nullable: true, description: "That operation's variables." })
  readonly variables!: Record<string, unknown> | null;

  @Field(() => Int, { nullable: true, description: "Rows behind the result: see rows." })
  readonly totalRows!: number | null;
}

@ObjectType({ description: "A tool that an answer called (spec 5.3)." })
export class ToolCall {
  /** What `rows` reads. */
  readonly row!: CallRow;

  @Field(() => ID, { description: "Unique in its message.", simple: true })
  readonly id!: string;

  @Field(() => GraphQLUUID, { description: "The answer that called it.", simple: true })
  readonly messageId!: string;

  @Field(() => String, { description: "The tool.", simple: true })
  readonly name!: string;

  @Field(() => GraphQLJSONObject, { description: "What it was called with.", simple: true })
  readonly arguments!: Record<string, unknown>;

  @Field(() => String, { description: "Of name and arguments: approveToolCall wants it back.", simple: true })
  readonly argsHash!: string;

  @Field(() => ToolCallStatus, { description: "How far it is.", simple: true })
  readonly status!: ToolCallStatus;

  @Field(() => ToolResult, { nullable: true, description: "What it found; null until it has ended.", simple: true })
  readonly result!: ToolResult | null;

  @Field(() => String, { nullable: true, description: "Who approved or refused it.", simple: true })
  readonly decidedBy!: string | null;

  @Field(() => GraphQLDateTime, { description: "When it was called.", simple: true })
  readonly createdAt!: Date;
}

@ObjectType({ description: "A message of a conversation (spec 5.2).", simpleResolvers: true })
export class ChatMessage {
  @Field(() => GraphQLUUID, { description: "Unique identifier." })
  readonly id!: string;

  @Field(() => GraphQLUUID, { description: "Its conversation." })
  readonly sessionId!: string;

  @Field(() => GraphQLUUID, {
    nullable: true,
    description: "What it follows on; several answers to one question are branches.",
  })
  readonly parentId!: string | null;

  @Field(() => ChatRole, { description: "Who says it." })
  readonly role!: ChatRole;

  @Field(() => ChatMessageStatus, { description: "How far it is." })
  readonly status!: ChatMessageStatus;

  @Field(() => String, {
    description: "What is said, in Markdown; of an answer that is being made, what there was a moment ago.",
  })
  readonly content!: string;

  @Field(() => String, { nullable: true, description: "The user who asked; null for an answer." })
  readonly author!: string | null;

  @Field(() => ID, { description: "The persona then." })
  readonly personaId!: string;

  @Field(() => [ToolCall], { description: "The tools that were called, in their order." })
  readonly toolCalls!: ToolCall[];

  @Field(() => [ToolResult], { description: "What they found." })
  readonly toolResults!: ToolResult[];

  @Field(() => [ChatCitation], { description: "The sources that the answer names." })
  readonly citations!: ChatCitation[];

  @Field(() => String, { nullable: true, description: "The model that wrote it; null for an answer by rules." })
  readonly model!: string | null;

  @Field(() => Int, { nullable: true, description: "Tokens read and written for it; null where no model wrote it." })
  readonly tokensUsed!: number | null;

  @Field(() => Int, { nullable: true, description: "How long it took, in milliseconds." })
  readonly latencyMs!: number | null;

  @Field(() => String, { nullable: true, description: "Why it is not whole, as a code." })
  readonly errorCode!: string | null;

  @Field(() => String, { nullable: true, description: "Why it is not whole." })
  readonly error!: string | null;

  @Field(() => GraphQLDateTime, { description: "When it began." })
  readonly createdAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: "When it ended." })
  readonly finishedAt!: Date | null;
}

export const ChatMessagePage = pageType(() => ChatMessage, "ChatMessage");
export type ChatMessagePage = InstanceType<typeof ChatMessagePage>;
