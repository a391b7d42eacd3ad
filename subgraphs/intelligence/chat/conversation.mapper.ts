import type { ToolFinding, ToolOutcome } from "../tools/tool.contract.ts";
import type { EndedCall, Turn } from "./answer/answer.ts";
import type { CallRow, MessageRow } from "./message.repository.ts";

/** Messages of one branch as an answerer knows them. */
export const toTurns = (branch: readonly MessageRow[]): Turn[] =>
  branch
    .filter(({ role }) => role === "USER" || role === "ASSISTANT")
    .map((message) => ({
      role: message.role === "USER" ? "USER" : "ASSISTANT",
      content: message.content,
      calls: toEndedCalls(message.toolCalls),
    }));

export const toEndedCalls = (rows: readonly CallRow[]): EndedCall[] =>
  rows.flatMap((row) => {
    const outcome = outcomeOf(row);
    if (!outcome) return [];
    const { id, name, argsHash } = row;
    return [{ id, name, argsHash, arguments: row.arguments as Record<string, unknown>, outcome }];
  });

function outcomeOf({ status, finding, errorCode, error, durationMs }: CallRow): ToolOutcome | "REJECTED" | null {
  if (status === "REJECTED") return status;
  if (status === "RUNNING" || status === "PENDING_APPROVAL") return null;
  return {
    status,
    finding: finding as unknown as ToolFinding | null,
    error: error === null ? null : { code: errorCode ?? "INTERNAL_SERVER_ERROR", message: error },
    durationMs: durationMs ?? 0,
  };
}
