import { visible } from "./text.ts";

/** What the font has no picture of. What it has: Latin, Greek, Cyrillic, and the usual signs. */
const WITHOUT_GLYPH =
  /[^\n\u0020-\u007e\u00a0-\u017f\u0192\u01a0\u01a1\u01af\u01b0\u0218-\u021b\u02c6\u02c7\u02d8-\u02dd\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce\u0400-\u0486\u0488-\u0513\u1e80-\u1e85\u1e9e\u1ea0-\u1ef9\u2010\u2011\u2013-\u2015\u2017-\u201e\u2020-\u2022\u2026\u2030\u2032\u2033\u2039\u203a\u2044\u2070\u2074-\u2079\u2080-\u2089\u20ac\u2116\u2122\u2126\u2202\u2206\u220f\u2211\u2212\u221a\u221e\u2248\u2260\u2264\u2265]/gu;

/** The text as the font can write it: what it cannot is told by its number, and not by an empty box. */
export const writable = (text: string): string =>
  visible(text)
    .normalize("NFC")
    .replaceAll("\t", "  ")
    .replace(WITHOUT_GLYPH, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);

export interface Span {
  readonly text: string;
  readonly wordBreak?: "break-all";
}

/** A column is at least as wide as its longest word: a word wider than `most` characters may break anywhere. */
export function breakable(text: string, most: number): string | Span[] {
  const parts = writable(text).split(new RegExp(`(\\S{${most + 1},})`));
  if (parts.length === 1) return parts[0] ?? "";
  return parts
    .filter((part) => part !== "")
    .map((part, i) =>
      (i + (parts[0] === "" ? 1 : 0)) % 2 === 1 ? { text: part, wordBreak: "break-all" } : { text: part },
    );
}
