import { createRequire } from "node:module";
import pdfmake from "pdfmake";
import type { TDocumentDefinitions } from "pdfmake/interfaces.js";
import type { Page } from "./block.ts";
import { PAPER } from "./chart/index.ts";
import { BEFORE_CHART, pdfBlock } from "./pdf-blocks.ts";
import { STYLES } from "./pdf-style.ts";
import { breakable } from "./pdf-text.ts";
import { inline } from "./text.ts";

/** As pdfmake ships it. */
const font = (style: string): string =>
  createRequire(import.meta.url).resolve(`pdfmake/fonts/Roboto/Roboto-${style}.ttf`);
const ROBOTO = {
  normal: font("Regular"),
  bold: font("Medium"),
  italics: font("Italic"),
  bolditalics: font("MediumItalic"),
};
const FILES = new Set(Object.values(ROBOTO));

/** The report on A4: its text is text, its charts are vectors. The same bytes for the same page, whose time is the document's. */
export async function pdf(page: Page, createdAt: string): Promise<Uint8Array> {
  pdfmake.setFonts({ Roboto: { ...ROBOTO } });
  pdfmake.setUrlAccessPolicy(() => false);
  pdfmake.setLocalAccessPolicy((path) => FILES.has(path));
  return await pdfmake.createPdf(definition(page, createdAt)).getBuffer();
}

const definition = ({ title, about, blocks }: Page, createdAt: string): TDocumentDefinitions => ({
  info: {
    title: inline(title),
    producer: "aiops-nextgen",
    creator: "aiops-nextgen",
    creationDate: new Date(createdAt),
  },
  language: "en",
  displayTitle: true,
  pageSize: "A4",
  pageMargins: [40, 44, 40, 48],
  defaultStyle: { font: "Roboto", fontSize: 9.5, lineHeight: 1.18, color: PAPER.ink },
  styles: STYLES,
  footer: (current, count) => ({
    columns: [
      { text: breakable(inline(title, 90), 60), width: "*" },
      { text: `${current} of ${count}`, width: "auto", alignment: "right" },
    ],
    margin: [40, 16, 40, 0],
    fontSize: 7.5,
    color: PAPER.muted,
  }),
  // A heading at the foot of a page belongs to what follows it, of which a chart takes most.
  pageBreakBefore: ({ headlineLevel, startPosition: { verticalRatio } }) =>
    headlineLevel !== undefined && verticalRatio > (headlineLevel === BEFORE_CHART ? 0.62 : 0.78),
  content: [
    { text: breakable(inline(title, 200), 40), style: "title" },
    ...about.map((line) => ({ text: breakable(inline(line, 600), 90), style: "about" })),
    ...blocks.map((block, i) => pdfBlock(block, blocks[i + 1])),
  ],
});
