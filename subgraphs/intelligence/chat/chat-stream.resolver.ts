import { Arg, Resolver, Root, Subscription } from "../../shared/kernel/graphql.ts";
import { GraphQLUUID } from "../../shared/kernel/scalars.ts";
import type { FleetContext } from "../context.ts";
import type { ChatContext } from "./chat.context.ts";
import { toMessage, toToolCall } from "./chat.mapper.ts";
import { type ChatItem, ChatStream } from "./chat.stream.ts";
import { ChatStreamItem } from "./chat-stream.type.ts";

async function subscribe({
  args: { sessionId },
  context,
}: {
  args: { sessionId: string };
  context: FleetContext & ChatContext;
}) {
  const { chat, operation } = context;
  const requireReadable = async (): Promise<void> => {
    await chat.sessions.readable(operation.identity, sessionId);
  };
  await requireReadable();
  return new ChatStream({ sessionId, bus: chat.bus, repository: chat.repository, requireReadable });
}

@Resolver()
export class ChatStreamResolver {
  @Subscription(() => ChatStreamItem, {
    description:
      "A conversation as it goes on: text as it comes, tools' calls with arguments, status and results, and each message when it is whole. It begins with the last message, as it is.",
    subscribe: subscribe as never,
  })
  chatMessage(
    @Root() item: ChatItem,
    @Arg("sessionId", () => GraphQLUUID, { description: "The conversation." }) _sessionId: string,
  ): ChatStreamItem {
    return {
      kind: item.kind,
      messageId: item.messageId,
      text: "text" in item ? item.text : null,
      toolCall: "call" in item ? toToolCall(item.call) : null,
      message: "message" in item ? toMessage(item.message) : null,
    };
  }
}
