import MarkdownIt, { type Token } from "markdown-it";
import { describe, expect, it } from "vitest";
import { HOSTILE } from "../../../../test/support/hostile.ts";
import { sampleReport } from "../../../../test/support/reports.ts";
import { markdown } from "./markdown.ts";
import { marked } from "./markdown-text.ts";
import { pageOf } from "./page.ts";
import { inline } from "./text.ts";

const readers = [
  ["with HTML", new MarkdownIt({ html: true, linkify: true })],
  ["without HTML", new MarkdownIt({ html: false, linkify: true })],
  ["by CommonMark alone", new MarkdownIt("commonmark")],
] as const;

const every = (tokens: readonly Token[]): Token[] => tokens.flatMap((token) => [token, ...every(token.children ?? [])]);
const textOf = (tokens: readonly Token[]): string =>
  every(tokens)
    .map(({ type, content }) => (type === "text" || type === "text_special" ? content : ""))
    .join("");

/** Whatever text can make of itself where it is taken for Markdown. */
const NEVER = ["html_inline", "html_block", "image", "link_open", "s_open", "em_open", "code_inline"];

describe.each(readers)("Markdown as a reader takes it, %s", (_, reader) => {
  it.each(HOSTILE.map((text) => [JSON.stringify(text).slice(0, 60), text]))("says %s and does nothing", (_, text) => {
    const tokens = reader.parse(marked(text), {});
    expect(
      every(tokens).filter(({ type }) => NEVER.includes(type) || /heading|list|table|hr|fence/.test(type)),
    ).toEqual([]);
    expect(textOf(tokens)).toBe(inline(text, 600));
  });

  it("has no node of hostile text's making in a whole report", () => {
    for (const text of HOSTILE) {
      const plain = every(reader.parse(markdown(pageOf(sampleReport())), {}));
      const hostile = every(reader.parse(markdown(pageOf(sampleReport((said) => `${said} ${text}`))), {}));
      const count = (tokens: Token[], type: RegExp) => tokens.filter((token) => type.test(token.type)).length;
      expect(hostile.filter(({ type }) => NEVER.includes(type))).toEqual([]);
      for (const type of [/heading_open/, /^(t[rhd]|table)_open/, /list_item_open/, /fence/, /hr/]) {
        expect(count(hostile, type), `${type} of ${text.slice(0, 40)}`).toBe(count(plain, type));
      }
    }
  });
});

describe("a report in Markdown", () => {
  const tables = new MarkdownIt().parse(markdown(pageOf(sampleReport())), {});

  it("has its parts in order", () => {
    const headings = tables.flatMap((token, i) =>
      token.type === "heading_open" && token.tag === "h2" ? [tables[i + 1]?.content] : [],
    );
    expect(headings).toEqual([
      "Actions",
      "Ranked causes",
      "Timeline",
      "Capacity forecast",
      "Charts",
      "GPU waste",
      "Evidence",
      "Data gaps",
      "Provenance",
    ]);
  });

  it("says unknown, and never 0, of what nobody knows", () => {
    const text = markdown(pageOf(sampleReport()));
    expect(text).toContain("| Mean health score | unknown | nobody was asked |");
    expect(text).toContain("| edge-berlin-1 | OFFLINE | unknown |");
    expect(text).toContain("unknown: only 3 points");
    expect(text).toMatch(/\| hub-eu-1 \| 12 % \| 35 % \| 26 % \| [▁▂▃▄▅▆▇█ ]{30,40} \|/u);
  });
});
