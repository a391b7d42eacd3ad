/** What a reader cannot see or what turns text around: control and format characters, lone surrogates, private use. Tab and line feed are text. */
const INVISIBLE = /(?![\t\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029\ufffe\uffff]/gu;

/** The text with everything invisible in it written out, so that nothing in it can hide or act. */
export const visible = (text: string): string =>
  text.replace(/\r\n?/g, "\n").replace(INVISIBLE, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);

/** What is cut is said to be, which takes as much room. */
const NOTE = 30;

/** At most so many characters, and a note of how many are missing. */
export function clipped(text: string, most: number): string {
  if (text.length <= most + NOTE) return text;
  const kept = text.slice(0, most).replace(/[\ud800-\udbff]$/, "");
  return `${kept}… (${withCommas(text.length - kept.length)} more characters)`;
}

/** What a cell or a label shows: one line, all of it visible, and no more than fits. */
export const inline = (text: string, most = 300): string => clipped(visible(text).replace(/\s+/g, " ").trim(), most);

/** What a paragraph or a query shows. */
export const lines = (text: string, most = 4000): string => clipped(visible(text).trim(), most);

export const withCommas = (whole: number): string => String(whole).replace(/\B(?=(\d{3})+$)/g, ",");

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
/** For HTML and XML, between tags and in quoted attributes. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
