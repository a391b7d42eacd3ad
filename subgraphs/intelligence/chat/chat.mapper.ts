import type { Source, ToolFinding } from "../tools/tool.contract.ts";
import type { Citation } from "./answer/answer.ts";
import type { CallRow, MessageRow } from "./message.repository.ts";
import type { ChatCitation, ChatMessage, ChatSource, ToolCall, ToolResult } from "./message.type.ts";
import type { SessionRow } from "./session.repository.ts";
import type { ChatSession } from "./session.type.ts";

export const toSession = (row: SessionRow): ChatSession => ({
  row,
  id: row.id,
  userId: row.userId,
  title: row.title,
  personaId: row.personaId,
  clusterContext: row.clusterContext,
  clusters: row.clusterContext.map((id) => ({ id })),
  model: row.model,
  messageCount: row.messageCount,
  headId: row.headId,
  shares: row.shares.map(({ userId, canWrite }) => ({ userId, canWrite })),
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
  expiresAt: row.expiresAt,
});

export const toMessage = (row: MessageRow): ChatMessage => {
  const toolCalls = row.toolCalls.map(toToolCall);
  return {
    id: row.id,
    sessionId: row.sessionId,
    parentId: row.parentId,
    role: row.role,
    status: row.status,
    content: row.content,
    author: row.author,
    personaId: row.personaId,
    toolCalls,
    toolResults: toolCalls.flatMap(({ result }) => result ?? []),
    citations: (row.citations as unknown as Citation[]).map(toCitation),
    model: row.model,
    tokensUsed: row.tokensUsed,
    latencyMs: row.latencyMs,
    errorCode: row.errorCode,
    error: row.error,
    createdAt: row.createdAt,
    finishedAt: row.finishedAt,
  };
};

export const toToolCall = (row: CallRow): ToolCall => ({
  row,
  id: row.id,
  messageId: row.messageId,
  name: row.name,
  arguments: row.arguments as Record<string, unknown>,
  argsHash: row.argsHash,
  status: row.status,
  result: toToolResult(row),
  decidedBy: row.decidedBy,
  createdAt: row.createdAt,
});

function toToolResult({ id, status, errorCode, error, durationMs, ...row }: CallRow): ToolResult | null {
  if (status !== "SUCCESS" && status !== "ERROR" && status !== "TIMEOUT") return null;
  const finding = row.finding as unknown as ToolFinding | null;
  return {
    toolCallId: id,
    status,
    summary: finding?.summary ?? null,
    result: finding?.result ?? null,
    error,
    errorCode,
    durationMs,
    sources: (finding?.sources ?? []).map(toSource),
    operation: finding?.operation.document ?? null,
    variables: finding?.operation.variables ?? null,
    totalRows: finding?.full?.total ?? null,
  };
}

const toSource = ({ id, clusterId, clusterName, language, query, at, outcome }: Source): ChatSource => ({
  id,
  cluster: clusterId === null ? null : { id: clusterId },
  clusterName,
  language,
  query,
  at: new Date(at),
  outcome,
});

const toCitation = (citation: Citation): ChatCitation => ({
  ...toSource(citation),
  callId: citation.callId,
  tool: citation.tool,
});
