import type { LanguageModelV4Message, LanguageModelV4Prompt } from "@ai-sdk/provider";

/** A tool as a model asks for it; the arguments are text that is meant to be JSON. */
export interface RequestedCall {
  id: string;
  name: string;
  arguments: string;
}

export type PromptMessage =
  | { role: "system" | "user"; content: string }
  | { role: "assistant"; content: string; calls: readonly RequestedCall[] }
  | { role: "tool"; call: Pick<RequestedCall, "id" | "name">; content: string };

/** As the provider's library wants it. */
export const promptOf = (messages: readonly PromptMessage[]): LanguageModelV4Prompt => messages.map(messageOf);

function messageOf(message: PromptMessage): LanguageModelV4Message {
  switch (message.role) {
    case "system":
      return { role: "system", content: message.content };
    case "user":
      return { role: "user", content: [{ type: "text", text: message.content }] };
    case "assistant":
      return {
        role: "assistant",
        content: [
          ...(message.content === "" ? [] : [{ type: "text" as const, text: message.content }]),
          ...message.calls.map(({ id, name, arguments: input }) => ({
            type: "tool-call" as const,
            toolCallId: id,
            toolName: name,
            input: parsed(input),
          })),
        ],
      };
    case "tool":
      return {
        role: "tool",
        content: [
          {
            type: "tool-result",
            toolCallId: message.call.id,
            toolName: message.call.name,
            output: { type: "text", value: message.content },
          },
        ],
      };
  }
}

/** What a model got wrong is shown to it as it was. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { malformed: text };
  }
}

const CHARACTERS_PER_TOKEN = 3.5;
const TOKENS_PER_MESSAGE = 6;

/** About how many tokens a text is: no model tells before it is asked. Rather too many than too few for English and code. */
export const estimateTokens = (text: string): number => Math.ceil(text.length / CHARACTERS_PER_TOKEN);

export const estimatePrompt = (messages: readonly PromptMessage[]): number =>
  messages.reduce((sum, message) => {
    const calls = message.role === "assistant" ? message.calls : [];
    const called = calls.reduce((chars, call) => chars + call.name.length + call.arguments.length, 0);
    return sum + TOKENS_PER_MESSAGE + estimateTokens(message.content) + Math.ceil(called / CHARACTERS_PER_TOKEN);
  }, 0);
