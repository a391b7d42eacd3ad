import type { ToolFinding } from "../../../tools/tool.contract.ts";
import type { EndedCall, Turn } from "../answer.ts";
import { ROWS_SHOWN } from "./compose.ts";
import { findingOf } from "./findings.ts";

/** Rows of one page of "more". */
export const PAGE = 50;

/**
 * The next rows of what the last answer found: they are kept with its calls, so no cluster is asked again.
 * @param page how many times in a row more was asked for, from 1
 */
export function moreOf(turns: readonly Turn[], page: number): EndedCall | null {
  const from = ROWS_SHOWN + (page - 1) * PAGE;
  const last = turns.findLast(({ role, calls }) => role === "ASSISTANT" && calls.length > 0);
  for (const call of last?.calls ?? []) {
    const finding = findingOf(call);
    if (!finding?.table) continue;
    const { columns } = finding.table;
    const rows = rowsOf(finding).slice(from, from + PAGE);
    if (rows.length === 0) continue;
    const summary = `Rows ${from + 1} to ${from + rows.length} of ${Math.max(finding.full?.total ?? 0, rowsOf(finding).length)}.`;
    const found = { ...finding, summary, table: { columns, rows }, full: null };
    return { ...call, outcome: { status: "SUCCESS", error: null, durationMs: 0, finding: found } };
  }
  return null;
}

/** A table has its first rows; the others are kept as records of the same names. */
function rowsOf({ table, full }: ToolFinding): (readonly string[])[] {
  const { columns = [], rows = [] } = table ?? {};
  const others = full?.rows.slice(rows.length) ?? [];
  return [...rows, ...others.map((row) => columns.map((name) => textOf(row[name])))];
}

const textOf = (value: unknown): string =>
  value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
