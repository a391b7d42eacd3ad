import { redactText } from "./redaction.filter.ts";
import type { ToolFinding } from "./tool.contract.ts";

/** What a tool found, as rows of names and values. */
export type Row = Readonly<Record<string, unknown>>;

const MOST_ROWS = 1000;
const MOST_CHARACTERS = 256 * 1024;
const MOST_SHOWN = 25;
const SHOWN_CHARACTERS = 4500;
const MOST_IN_TABLE = 100;
const CELL_CHARACTERS = 200;

/** As many of the first rows as fit. */
function fitting(rows: readonly Row[], most: number, characters: number): readonly Row[] {
  let left = characters;
  const end = rows.slice(0, most).findIndex((row) => {
    left -= JSON.stringify(row).length + 1;
    return left < 0;
  });
  return rows.slice(0, end < 0 ? most : end);
}

/** A model's share of the rows; the first one in any case. */
export const shownOf = (rows: readonly Row[], most = MOST_SHOWN, characters = SHOWN_CHARACTERS): readonly Row[] =>
  fitting(rows, Math.max(1, most), Math.max(characters, JSON.stringify(rows[0] ?? {}).length + 1));

/** What is kept for who asks for more. @param total how many there are, also where these are not all of them */
export const fullOf = (rows: readonly Row[], total = rows.length): ToolFinding["full"] => ({
  rows: fitting(rows, MOST_ROWS, MOST_CHARACTERS),
  total: Math.max(total, rows.length),
});

export const tableOf = (rows: readonly Row[], columns: readonly string[]): ToolFinding["table"] =>
  rows.length === 0
    ? null
    : { columns, rows: rows.slice(0, MOST_IN_TABLE).map((row) => columns.map((name) => cell(row[name]))) };

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  return clipped(typeof value === "string" ? value : JSON.stringify(value), CELL_CHARACTERS);
}

/** Secrets go before the end does: what is cut off in the middle looks like none. */
export function clipped(text: string, most: number): string {
  const clean = redactText(text);
  return clean.length <= most ? clean : `${clean.slice(0, most - 1)}…`;
}

/** Six digits are more than anybody reads; null for what is no number. */
export const tidy = (value: number | null | undefined): number | null =>
  value === null || value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(6));

/** "1 pod", "2 pods". */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** How many of each, the most frequent first. */
export function tally(values: Iterable<string>): Record<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

/** "3 CRITICAL, 1 WARNING". */
export const spelled = (counts: Readonly<Record<string, number>>, most = 5): string =>
  Object.entries(counts)
    .slice(0, most)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
