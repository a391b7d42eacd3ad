import { plain } from "./terminal.ts";

const GAP = "  ";

/** Rows under their heads, each column as wide as its widest cell. Null is a dash. */
export function table(heads: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const cells = [heads, ...rows.map((row) => row.map((cell) => plain(String(cell ?? "")) || "-"))];
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd();
  return `${cells.map(line).join("\n")}\n`;
}
