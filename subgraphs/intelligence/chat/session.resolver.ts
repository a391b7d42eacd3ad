import {
  Arg,
  Args,
  Ctx,
  FieldResolver,
  ID,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
} from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import { check } from "../../shared/kernel/validation.ts";
import type { FleetContext } from "../context.ts";
import type { ChatContext } from "./chat.context.ts";
import { toMessage, toSession } from "./chat.mapper.ts";
import { toMarkdown } from "./export.mapper.ts";
import { ChatMessagePage } from "./message.type.ts";
import {
  ChatSessionFilterInput,
  CreateChatSessionInput,
  Hours,
  ShareChatSessionInput,
  UpdateChatSessionInput,
} from "./session.input.ts";
import { ChatSession, ChatSessionPage } from "./session.type.ts";

type Context = FleetContext & ChatContext;

@Resolver(() => ChatSession)
export class SessionResolver {
  @Query(() => ChatSessionPage, {
    description: "One's own conversations and those that colleagues share, the last used first.",
  })
  async chatSessions(
    @Ctx() { chat, operation }: Context,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => ChatSessionFilterInput, { nullable: true, description: "Which ones." })
    filter?: ChatSessionFilterInput | null,
  ): Promise<ChatSessionPage> {
    const { items, ...rest } = await chat.sessions.page(operation, filter ?? {}, page);
    return { ...rest, items: items.map(toSession) };
  }

  @Query(() => ChatSession, { nullable: true, description: "One conversation." })
  async chatSession(
    @Ctx() { chat, operation }: Context,
    @Arg("id", () => GraphQLUUID, { description: "The conversation." }) id: string,
  ): Promise<ChatSession> {
    return toSession(await chat.sessions.readable(operation.identity, id));
  }

  @Query(() => String, { description: "A conversation's current branch as Markdown, with the queries that prove it." })
  async exportChatSession(
    @Ctx() { chat, operation }: Context,
    @Arg("id", () => GraphQLUUID, { description: "The conversation." }) id: string,
  ): Promise<string> {
    const session = await chat.sessions.readable(operation.identity, id);
    return toMarkdown(session, await chat.messages.branch(session));
  }

  @FieldResolver(() => ChatMessagePage, { description: "What was said, in its order." })
  async messages(
    @Root() { row }: ChatSession,
    @Ctx() { chat }: Context,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("everyBranch", () => Boolean, { defaultValue: false, description: "Also what the current branch has left." })
    everyBranch: boolean,
  ): Promise<ChatMessagePage> {
    const { items, ...rest } = await chat.messages.page(row, everyBranch, page);
    return { ...rest, items: items.map(toMessage) };
  }

  @Mutation(() => ChatSession, { description: "Begin a conversation with the assistant." })
  async createChatSession(
    @Ctx() { chat, operation }: Context,
    @Arg("input", () => CreateChatSessionInput, { nullable: true, description: "What it is to be." })
    input?: CreateChatSessionInput | null,
  ): Promise<ChatSession> {
    return toSession(await chat.sessions.create(operation, input ?? {}));
  }

  @Mutation(() => ChatSession, {
    description: "Rename a conversation of one's own, or change who answers, about what, by which model.",
  })
  async updateChatSession(
    @Ctx() { chat, operation }: Context,
    @Arg("id", () => GraphQLUUID, { description: "The conversation." }) id: string,
    @Arg("input", () => UpdateChatSessionInput, { description: "What is to change." }) input: UpdateChatSessionInput,
  ): Promise<ChatSession> {
    return toSession(await chat.sessions.update(operation, id, input));
  }

  @Mutation(() => ChatSession, {
    description: "Keep a conversation of one's own for longer, up to seven days from its beginning.",
  })
  async extendChatSession(
    @Ctx() { chat, operation }: Context,
    @Arg("id", () => GraphQLUUID, { description: "The conversation." }) id: string,
    @Arg("hours", () => Int, { defaultValue: 24, description: "How long from now: 1 to 168." }) hours: number,
  ): Promise<ChatSession> {
    check(Hours, { hours });
    return toSession(await chat.sessions.extend(operation, id, hours));
  }

  @Mutation(() => ChatSession, { description: "Delete a conversation of one's own. Answers with it as it was." })
  async deleteChatSession(
    @Ctx() { chat, operation }: Context,
    @Arg("id", () => GraphQLUUID, { description: "The conversation." }) id: string,
  ): Promise<ChatSession> {
    return toSession(await chat.sessions.delete(operation, id));
  }

  @Mutation(() => ChatSession, {
    description:
      "Let a colleague read a conversation of one's own, live, and perhaps ask in it. Who may not see a cluster that it tells of cannot read it.",
  })
  async shareChatSession(
    @Ctx() { chat, operation }: Context,
    @Arg("id", () => GraphQLUUID, { description: "The conversation." }) id: string,
    @Arg("input", () => ShareChatSessionInput, { description: "With whom." }) input: ShareChatSessionInput,
  ): Promise<ChatSession> {
    return toSession(await chat.sessions.share(operation, id, input.userId, input.canWrite));
  }

  @Mutation(() => ChatSession, { description: "Let a colleague take part no longer." })
  async unshareChatSession(
    @Ctx() { chat, operation }: Context,
    @Arg("id", () => GraphQLUUID, { description: "The conversation." }) id: string,
    @Arg("userId", () => ID, { description: "The colleague." }) userId: string,
  ): Promise<ChatSession> {
    return toSession(await chat.sessions.unshare(operation, id, userId));
  }
}
