import { clipped, inline, visible } from "./text.ts";

/** A backslash may stand before any of these, wherever it is. */
const MARKS = /[\\`*[\]<>&|~!#$]/g;
/** Between letters and digits it means nothing: so stay the names of metrics readable. */
const UNDERSCORE = /(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;
/** What some readers make links of by themselves. */
const LINKS = /:(?=\/\/)|(?<=\bwww)\.|@|(?<=\b(?:mailto|xmpp|javascript|data)):/gi;
/** What at the start of a line makes it something else than text. */
const START = /^(?:[-+](?=\s|$)|[-=]+(?=\s*$))|(?<=^\d{1,9})[.)](?=\s|$)/;

/** Text for a line of Markdown: none of it is taken for Markdown or for HTML. */
export const marked = (text: string, most = 600): string =>
  inline(text, most).replace(MARKS, "\\$&").replace(UNDERSCORE, "\\_").replace(LINKS, "\\$&").replace(START, "\\$&");

/** Code in a fence longer than any in it. */
export function fenced(code: string): string {
  const content = clipped(visible(code).trim(), 4000);
  const longest = Math.max(2, ...(content.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${content}\n${fence}`;
}
