import { registerEnumType } from "../../shared/kernel/graphql.ts";

export const ChatRole = { USER: "USER", ASSISTANT: "ASSISTANT", SYSTEM: "SYSTEM", TOOL: "TOOL" } as const;
export type ChatRole = keyof typeof ChatRole;
registerEnumType(ChatRole, {
  name: "ChatRole",
  description: "Who says something in a conversation.",
  valuesConfig: {
    USER: { description: "A user: a question." },
    ASSISTANT: { description: "The assistant: an answer." },
    SYSTEM: { description: "What stands above a conversation." },
    TOOL: { description: "A tool: what it found." },
  },
});

export const ChatMessageStatus = {
  RUNNING: "RUNNING",
  WAITING_FOR_APPROVAL: "WAITING_FOR_APPROVAL",
  COMPLETE: "COMPLETE",
  PARTIAL: "PARTIAL",
  FAILED: "FAILED",
  CANCELLED: "CANCELLED",
  INTERRUPTED: "INTERRUPTED",
} as const;
export type ChatMessageStatus = keyof typeof ChatMessageStatus;
registerEnumType(ChatMessageStatus, {
  name: "ChatMessageStatus",
  description: "How far a message is.",
  valuesConfig: {
    RUNNING: { description: "It is being made." },
    WAITING_FOR_APPROVAL: { description: "A call that changes something waits for approveToolCall." },
    COMPLETE: { description: "It is whole." },
    PARTIAL: {
      description: "A limit was reached, or the model broke off: what there is stands. It can be gone on with.",
    },
    FAILED: { description: "There is no answer, for the reason given. It can be gone on with." },
    CANCELLED: { description: "Somebody cancelled it. It can be gone on with." },
    INTERRUPTED: { description: "The server that made it stopped. It can be gone on with." },
  },
});

export const ToolCallStatus = {
  PENDING_APPROVAL: "PENDING_APPROVAL",
  RUNNING: "RUNNING",
  SUCCESS: "SUCCESS",
  ERROR: "ERROR",
  TIMEOUT: "TIMEOUT",
  REJECTED: "REJECTED",
} as const;
export type ToolCallStatus = keyof typeof ToolCallStatus;
registerEnumType(ToolCallStatus, {
  name: "ToolCallStatus",
  description: "How far a tool's call is.",
  valuesConfig: {
    PENDING_APPROVAL: { description: "It would change something, and waits for approveToolCall." },
    RUNNING: { description: "It runs." },
    SUCCESS: { description: "It found something." },
    ERROR: { description: "It failed." },
    TIMEOUT: { description: "It took too long." },
    REJECTED: { description: "The user refused it." },
  },
});

export const ChatStreamKind = { STATE: "STATE", DELTA: "DELTA", TOOL_CALL: "TOOL_CALL", MESSAGE: "MESSAGE" } as const;
export type ChatStreamKind = keyof typeof ChatStreamKind;
registerEnumType(ChatStreamKind, {
  name: "ChatStreamKind",
  description: "What an item of a conversation's stream tells.",
  valuesConfig: {
    STATE: { description: "All the text so far of an answer that is being made: it replaces what was shown of it." },
    DELTA: { description: "Text that the answer has grown by." },
    TOOL_CALL: { description: "A tool's call, as it is now." },
    MESSAGE: { description: "A message that has begun or ended, as it is now." },
  },
});
