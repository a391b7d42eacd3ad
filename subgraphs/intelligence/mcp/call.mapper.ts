import type { CallToolResult, Tool } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import type { ToolFinding, ToolOutcome } from "../tools/tool.contract.ts";
import type { ToolInfo } from "../tools/toolbox.service.ts";

/** The protocol's own addition to the tools: rows that a result leaves out. */
export const MORE_ROWS = "more_rows";

const MOST_HANDLE = 16_000;
const MOST_ROWS = 200;

export const MoreRows = z.strictObject({
  handle: z.string().min(1).max(MOST_HANDLE).describe('As "more.handle" of a result has it.'),
  offset: z.number().int().min(0).default(0).describe("From which row on."),
  limit: z.number().int().min(1).max(MOST_ROWS).default(50).describe("How many rows."),
});

export const moreRowsTool: Tool = {
  name: MORE_ROWS,
  title: "More rows",
  description: 'Rows that a result left out, by its "more.handle". Asks the same again, of the same time.',
  inputSchema: z.toJSONSchema(MoreRows, { io: "input" }) as Tool["inputSchema"],
  annotations: { title: "More rows", readOnlyHint: true },
};

/** A client asks its user before it calls what says of itself that it changes something. */
export const toTool = ({ name, title, description, readOnly, inputSchema }: ToolInfo): Tool => ({
  name,
  title,
  description,
  inputSchema: inputSchema as Tool["inputSchema"],
  annotations: { title, readOnlyHint: readOnly, destructiveHint: !readOnly },
});

/** A call that can be made again: a result's handle, which holds all there is to it, so that nothing is kept for it here. */
const Handle = z.object({
  name: z.string().max(64),
  arguments: z.record(z.string(), z.unknown()),
  now: z.iso.datetime(),
});
export type Handle = z.output<typeof Handle>;

const handleText = (handle: Handle): string => Buffer.from(JSON.stringify(handle)).toString("base64url");

/** Null for what is none. Whatever it says, it is a call like any other, with the caller's rights. */
export function readHandle(text: string): Handle | null {
  try {
    return Handle.safeParse(JSON.parse(Buffer.from(text, "base64url").toString())).data ?? null;
  } catch {
    return null;
  }
}

/** @param handle of the call that it is the outcome of */
export function toResult({ finding, error, status }: ToolOutcome, handle: Handle): CallToolResult {
  if (!finding) return failure(error?.code ?? status, error?.message ?? "It failed.");
  const { summary, result, sources, full, operation } = finding;
  const text = full ? handleText(handle) : "";
  const more = full && text.length <= MOST_HANDLE ? { handle: text, rows: full.rows.length, total: full.total } : null;
  return answer({ summary, result, sources, operation, more });
}

export function toRows(finding: ToolFinding, { offset, limit }: z.output<typeof MoreRows>): CallToolResult {
  const rows = finding.full?.rows ?? [];
  const page = rows.slice(offset, offset + limit);
  const total = finding.full?.total ?? 0;
  return answer({
    summary: `${page.length} rows from row ${offset + 1} on, of ${rows.length} that were read and ${total} that there are.`,
    result: { rows: page, total },
    sources: finding.sources,
  });
}

/** For who reads structure and for who reads text: the same. */
const answer = (structuredContent: { summary: string } & Record<string, unknown>): CallToolResult => ({
  content: [{ type: "text", text: JSON.stringify(structuredContent) }],
  structuredContent,
});

export const failure = (code: string, message: string): CallToolResult => ({
  isError: true,
  content: [{ type: "text", text: `${code}: ${message}` }],
  structuredContent: { error: { code, message } },
});
