import { z } from "zod";
import type { ModelTool } from "../../../shared/upstreams/llm/language-model.ts";
import type { ToolOutcome } from "../../tools/tool.contract.ts";
import type { EndedCall } from "./answer.ts";

/** Reads on in what an earlier call found: the answer's own, and no operation on the graph. */
export const MORE_ROWS = "more_rows";

const MOST_ROWS = 50;
const Input = z.object({
  call: z
    .string()
    .regex(/^c\d+$/)
    .describe("The call whose rows to read: c1, c2, ..."),
  offset: z.number().int().min(0).default(0).describe("From which row on."),
  limit: z.number().int().min(1).max(MOST_ROWS).default(20).describe("How many rows."),
});

export const moreRowsTool: ModelTool = {
  name: MORE_ROWS,
  description: "Read more of the rows that an earlier call found, without asking the clusters again.",
  inputSchema: z.toJSONSchema(Input, { io: "input" }),
};

export function moreRows(given: unknown, calls: ReadonlyMap<string, EndedCall>): ToolOutcome {
  const parsed = Input.safeParse(given);
  if (!parsed.success) return failed(`Give a call such as c1, and where to start: ${parsed.error.issues[0]?.message}.`);
  const { call: name, offset, limit } = parsed.data;
  const call = calls.get(name);
  const finding = call && call.outcome !== "REJECTED" ? call.outcome.finding : null;
  if (!finding?.full) return failed(`Nothing more is kept of ${name}.`);
  const { rows, total } = finding.full;
  const page = rows.slice(offset, offset + limit);
  return {
    status: "SUCCESS",
    error: null,
    durationMs: 0,
    finding: {
      summary: `Rows ${offset + 1} to ${offset + page.length} of ${total} of ${name}.`,
      result: { rows: page },
      full: null,
      table: null,
      sources: finding.sources,
      operation: finding.operation,
    },
  };
}

const failed = (message: string): ToolOutcome => ({
  status: "ERROR",
  finding: null,
  error: { code: "BAD_USER_INPUT", message },
  durationMs: 0,
});
