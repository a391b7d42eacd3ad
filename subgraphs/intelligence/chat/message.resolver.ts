import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from "../../shared/kernel/graphql.ts";
import { GraphQLJSONObject, GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { check } from "../../shared/kernel/validation.ts";
import type { FleetContext } from "../context.ts";
import { redactText } from "../tools/redaction.filter.ts";
import type { ToolFinding } from "../tools/tool.contract.ts";
import type { ChatContext } from "./chat.context.ts";
import { toMessage, toSession, toToolCall } from "./chat.mapper.ts";
import { Question, Rows } from "./message.input.ts";
import { ChatMessage, ToolCall } from "./message.type.ts";
import { ChatSession } from "./session.type.ts";

type Context = FleetContext & ChatContext;

@Resolver(() => ToolCall)
export class MessageResolver {
  @Query(() => ChatMessage, { nullable: true, description: "One message, with its tools' calls." })
  async chatMessage(
    @Ctx() { chat, operation }: Context,
    @Arg("id", () => GraphQLUUID, { description: "The message." }) id: string,
  ): Promise<ChatMessage> {
    return toMessage(await chat.messages.byId(operation, id));
  }

  @FieldResolver(() => [GraphQLJSONObject], { description: "The rows behind the result, as far as they are kept." })
  rows(
    @Root() { row }: ToolCall,
    @Arg("offset", () => Int, { defaultValue: 0, description: "From which one on." }) offset: number,
    @Arg("limit", () => Int, { defaultValue: 50, description: "How many: 1 to 500." }) limit: number,
  ): Record<string, unknown>[] {
    check(Rows, { offset, limit });
    const finding = row.finding as unknown as ToolFinding | null;
    return [...(finding?.full?.rows ?? [])].slice(offset, offset + limit);
  }

  @Mutation(() => ChatMessage, {
    description:
      "Ask. Answers at once with the answer that is begun: watch it by chatMessage. Asked after another message than the last, it is a branch.",
  })
  async sendChatMessage(
    @Ctx() { chat, operation }: Context,
    @Arg("sessionId", () => GraphQLUUID, { description: "The conversation." }) sessionId: string,
    @Arg("content", () => String, {
      description: "The question: at most 32,000 characters. What looks like a credential is taken out.",
    })
    content: string,
    @Arg("after", () => GraphQLUUID, {
      nullable: true,
      description: "The message it follows on; the last one unless given.",
    })
    after?: string | null,
  ): Promise<ChatMessage> {
    check(Question, { content });
    return toMessage(await chat.messages.send(operation, sessionId, redactText(content.trim()), after ?? null));
  }

  @Mutation(() => ChatMessage, {
    description: "Stop an answer that is being made: the model and the tools, wherever they run.",
  })
  async cancelChatMessage(
    @Ctx() { chat, operation }: Context,
    @Arg("id", () => GraphQLUUID, { description: "The answer." }) id: string,
  ): Promise<ChatMessage> {
    return toMessage(await chat.messages.cancel(operation, id));
  }

  @Mutation(() => ChatMessage, {
    description: "Another answer to the same question, as a branch beside the one there is.",
  })
  async regenerateChatMessage(
    @Ctx() { chat, operation }: Context,
    @Arg("id", () => GraphQLUUID, { description: "The answer there is." }) id: string,
  ): Promise<ChatMessage> {
    return toMessage(await chat.messages.regenerate(operation, id));
  }

  @Mutation(() => ChatMessage, {
    description: "Go on with an answer that was cut off, with what it has said and found so far.",
  })
  async resumeChatMessage(
    @Ctx() { chat, operation }: Context,
    @Arg("id", () => GraphQLUUID, { description: "The answer." }) id: string,
  ): Promise<ChatMessage> {
    return toMessage(await chat.messages.resume(operation, id));
  }

  @Mutation(() => ToolCall, {
    description:
      "Decide about a call that changes something. It runs with the rights of whoever approves it; once nothing is undecided, the answer goes on.",
  })
  async approveToolCall(
    @Ctx() { chat, operation }: Context,
    @Arg("messageId", () => GraphQLUUID, { description: "The answer that asks." }) messageId: string,
    @Arg("callId", () => ID, { description: "The call." }) callId: string,
    @Arg("argsHash", () => String, { description: "As the call shows it: what is approved is what was seen." })
    argsHash: string,
    @Arg("approve", () => Boolean, { defaultValue: true, description: "False to refuse it." }) approve: boolean,
  ): Promise<ToolCall> {
    return toToolCall(await chat.messages.decide(operation, { messageId, callId, argsHash, approve }));
  }

  @Mutation(() => ChatSession, {
    description: "Go on from another message: the branch that ends with it becomes the current one.",
  })
  async chooseChatBranch(
    @Ctx() { chat, operation }: Context,
    @Arg("messageId", () => GraphQLUUID, { description: "The message." }) messageId: string,
  ): Promise<ChatSession> {
    return toSession(await chat.messages.choose(operation, messageId));
  }
}
