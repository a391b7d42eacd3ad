import type { Column } from "../model/table.ts";
import { isNumeric } from "./format.ts";

/** Points that letters of a cell are wide, and what stands between two columns. */
const LETTER = 4.3;
const WIDE_LETTER = 5.5;
const BETWEEN = 8;
const LEAST = 34;
/** Beyond that many letters, a cell is better broken than the others squeezed; and beyond so many, a word. */
const MOST_LETTERS = 46;
const MOST_OF_A_WORD = 26;

/**
 * As wide as what stands in them, and no wider than the page together: then text gives way, the longest most, and words are broken last.
 * Numbers never are.
 */
export function columnWidths(columns: readonly Column[], rows: readonly (readonly string[])[], page: number): number[] {
  const wanted = columns.map((column, i): Wanted => {
    const cells = [column.label, ...rows.map((row) => row[i] ?? "")];
    const whole = widest(cells, MOST_LETTERS);
    const words = widest(
      cells.flatMap((cell) => cell.split(/[\s/]/)),
      MOST_OF_A_WORD,
    );
    return isText(column) ? { least: words, whole } : { least: whole, whole };
  });
  const room = page - BETWEEN * columns.length;
  const least = sum(wanted.map((each) => each.least));
  if (least > room) return squeezed(columns, wanted, room);
  const surplus = sum(wanted.map((each) => each.whole - each.least));
  return wanted.map((each) => each.least + (surplus > 0 ? ((each.whole - each.least) / surplus) * (room - least) : 0));
}

interface Wanted {
  /** No word is broken. */
  readonly least: number;
  /** No cell is. */
  readonly whole: number;
}

/** What numbers leave is shared out by the texts. */
function squeezed(columns: readonly Column[], wanted: readonly Wanted[], room: number): number[] {
  const numbers = sum(wanted.map(({ whole }, i) => (isText(columns[i]) ? 0 : whole)));
  const texts = sum(wanted.map(({ least }, i) => (isText(columns[i]) ? least : 0)));
  return wanted.map(({ least, whole }, i) =>
    isText(columns[i]) ? Math.max(LEAST, (least / texts) * (room - numbers)) : whole,
  );
}

/** As wide as the widest of them, of each so many letters at most. */
const widest = (texts: readonly string[], letters: number): number =>
  texts.reduce((most, text) => Math.max(most, widthOf(text.slice(0, letters))), LEAST);

function widthOf(text: string): number {
  const wide = text.match(/[A-Z_mw@%]/g)?.length ?? 0;
  return (text.length - wide + 1) * LETTER + wide * WIDE_LETTER;
}

const isText = (column: Column | undefined): boolean =>
  column !== undefined && !isNumeric(column) && column.as !== "TIME";

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
