import type { Cell, Column, Table } from "../model/table.ts";
import type { Questions } from "./questions.ts";

const MOST_ROWS = 200;

export const column = (label: string, as: Column["as"] = "TEXT"): Column => ({ label, as });

interface Drafted {
  readonly title: string;
  readonly note?: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** How many there are in all, where that is more than the rows. */
  readonly total?: number;
  readonly empty: string;
  /** The words of its query. */
  readonly of: string;
}

/** Bounded, with how many were left out and the query it came from. */
export function table(
  questions: Questions,
  { title, note, columns, rows, total, empty, of }: Drafted,
  most = MOST_ROWS,
): Table {
  const shown = rows.slice(0, most);
  const more = Math.max(rows.length, total ?? 0) - shown.length;
  return { title, note: note ?? null, columns, rows: shown, more, empty, query: questions.idOf(of) };
}
