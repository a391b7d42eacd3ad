import type { ToolFinding } from "../tools/tool.contract.ts";
import { escapeMarkdown } from "./answer/markdown.ts";
import type { CallRow, MessageRow } from "./message.repository.ts";
import type { SessionRow } from "./session.repository.ts";

/** A branch of a conversation as a document: what was asked and answered, and the queries that prove it. */
export const toMarkdown = (session: SessionRow, branch: readonly MessageRow[]): string =>
  [
    `# ${escapeMarkdown(session.title ?? "Conversation")}`,
    `${session.createdAt.toISOString()} · ${escapeMarkdown(session.userId)} · persona ${session.personaId}`,
    ...branch.map(section),
  ].join("\n\n");

function section(message: MessageRow): string {
  const { role, author, createdAt, model, content, toolCalls, error } = message;
  const who = role === "USER" ? escapeMarkdown(author ?? "User") : `Assistant (${model ?? "by rules, no model"})`;
  return [
    `## ${who}, ${createdAt.toISOString()}`,
    content,
    ...(error === null ? [] : [`> **${message.status}.** ${escapeMarkdown(error)}`]),
    ...(toolCalls.length === 0 ? [] : [["### Evidence", ...toolCalls.map(evidence)].join("\n\n")]),
  ].join("\n\n");
}

function evidence({ name, status, error, ...call }: CallRow): string {
  const finding = call.finding as unknown as ToolFinding | null;
  const found = finding ? escapeMarkdown(finding.summary) : `${status}: ${escapeMarkdown(error ?? "")}`;
  const asked = (finding?.sources ?? []).map(
    ({ clusterName, at, query }) => `${clusterName ?? "the fleet"} at ${at}\n${query}`,
  );
  const code = [JSON.stringify(call.arguments), ...asked].join("\n");
  const ticks = "`".repeat(Math.max(3, ...[...code.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `**${name}**: ${found}\n\n${ticks}\n${code}\n${ticks}`;
}
