import type { Alignment, Content, ContentTable, TableCell } from "pdfmake/interfaces.js";
import type { Action, Cause, Figure, TimelineEntry, Verdict } from "../model/report.ts";
import type { Column, Table } from "../model/table.ts";
import type { Block } from "./block.ts";
import { drawn, PAPER } from "./chart/index.ts";
import { columnWidths } from "./column-width.ts";
import { formatted, formattedCell, formattedTime, isNumeric, UNKNOWN } from "./format.ts";
import { COLOURS, GRID, PAGE_WIDTH, panel, TILES } from "./pdf-style.ts";
import { breakable, writable } from "./pdf-text.ts";
import { inline, lines, withCommas } from "./text.ts";
import { ENTRIES, PRIORITIES, TONES } from "./words.ts";

/** Characters that stand beside each other on the whole width of a page. */
const ACROSS = 80;
const TILES_BESIDE = 4;

const said = (text: string, most = 600, across = ACROSS) => breakable(inline(text, most), across);

/** The level of a heading before a chart, and before anything else. */
export const BEFORE_CHART = 2;
const BEFORE_OTHERS = 1;

export function pdfBlock(block: Block, next?: Block): Content {
  switch (block.kind) {
    case "HEADING":
      return {
        text: said(block.text),
        style: "heading",
        headlineLevel: next?.kind === "CHART" ? BEFORE_CHART : BEFORE_OTHERS,
      };
    case "PARAGRAPH":
      return { text: said(block.text, 4000), color: COLOURS[block.tone], margin: [0, 4, 0, 4] };
    case "LIST":
      return { ul: block.items.map((item) => ({ text: said(item) })), style: "note" };
    case "VERDICT":
      return verdict(block.verdict);
    case "FIGURES":
      return figures(block.figures);
    case "ACTIONS":
      return { ol: block.actions.map(action) };
    case "CAUSES":
      return { ol: block.causes.map(cause) };
    case "TIMELINE":
      return timeline(block.entries, block.more);
    case "CHART":
      return {
        stack: [
          { text: said(block.chart.title), style: "subheading" },
          { svg: writable(drawn(block.chart, PAPER)), width: PAGE_WIDTH },
          ...note(block.chart.note),
        ],
        unbreakable: true,
      };
    case "TABLE":
      return table(block.table, block.source);
    case "CODE":
      return {
        stack: [
          { text: said(block.caption), style: "note", margin: [0, 4, 0, 2] },
          {
            table: {
              widths: ["*"],
              body: [[{ text: breakable(lines(block.code), 100), style: "code", preserveLeadingSpaces: true }]],
            },
            layout: { ...panel("NEUTRAL"), vLineWidth: () => 0 },
          },
        ],
      };
  }
}

const note = (text: string | null): Content[] =>
  text === null || text === "" ? [] : [{ text: said(text), style: "note" }];

const more = (count: number): Content[] => (count > 0 ? note(`and ${withCommas(count)} more`) : []);

const verdict = ({ tone, headline, statements, confidence }: Verdict): Content => ({
  table: {
    widths: ["*"],
    body: [
      [
        {
          stack: [
            { text: TONES[tone], fontSize: 8.5, bold: true, color: COLOURS[tone] },
            { text: said(headline), style: "headline" },
            { ul: statements.map((statement) => ({ text: said(statement) })) },
            { text: said(confidence), style: "note", margin: [0, 6, 0, 0] },
          ],
        },
      ],
    ],
  },
  layout: panel(tone),
  margin: [0, 12, 0, 8],
});

function figures(all: readonly Figure[]): Content {
  const tiles = all.map(
    ({ label, value, unit, tone, note: why }): TableCell => ({
      stack: [
        { text: said(label, 60, 20), style: "label" },
        {
          text: formatted(value, unit),
          fontSize: 15,
          bold: value !== null,
          color: value === null ? PAPER.muted : tone === "NEUTRAL" ? PAPER.ink : COLOURS[tone],
        },
        ...(why === null ? [] : [{ text: said(why, 120, 20), fontSize: 7, color: PAPER.muted }]),
      ],
    }),
  );
  const rows = Array.from({ length: Math.ceil(tiles.length / TILES_BESIDE) }, (_, row) =>
    Array.from(
      { length: TILES_BESIDE },
      (_, i): TableCell => tiles[row * TILES_BESIDE + i] ?? { text: "", fillColor: "#ffffff" },
    ),
  );
  return { table: { widths: Array(TILES_BESIDE).fill("*"), body: rows, dontBreakRows: true }, layout: TILES };
}

const action = ({ priority, title, rule, evidence, evidenceMore }: Action): Content => ({
  stack: [
    {
      text: [
        {
          text: `${PRIORITIES[priority]}  `,
          bold: true,
          fontSize: 8.5,
          color: COLOURS[priority === 1 ? "BAD" : priority === 2 ? "WATCH" : "NEUTRAL"],
        },
        { text: said(title), bold: true },
      ],
    },
    ...note(rule),
    { ul: evidence.map((each) => ({ text: said(each, 600, 70) })), fontSize: 8.5 },
    ...more(evidenceMore),
  ],
  margin: [0, 0, 0, 6],
});

const cause = ({ title, cluster, verdict: word, score, explanation, evidence }: Cause): Content => ({
  stack: [
    { text: said(title), bold: true },
    ...note(
      [
        word,
        ...(score === null ? [] : [`score ${formatted(score, "NUMBER")}`]),
        ...(cluster === null ? [] : [cluster]),
      ].join(" · "),
    ),
    { text: said(explanation, 4000) },
    {
      ul: evidence.map(({ statement, at, query }) => ({
        stack: [
          { text: said(`${at === null ? "" : `${formattedTime(at)}  `}${statement}`, 600, 70) },
          ...(query === null
            ? []
            : [{ text: breakable(lines(query, 1000), 70), style: "code", preserveLeadingSpaces: true }]),
        ],
      })),
      fontSize: 8.5,
    },
  ],
  margin: [0, 0, 0, 8],
});

function timeline(entries: readonly TimelineEntry[], left: number): Content {
  const rows = entries.map(({ at, until, kind, tone, cluster, title, detail }): TableCell[] => [
    { text: `${formattedTime(at)}${until === null ? "" : ` to ${formattedTime(until)}`}`, color: PAPER.muted },
    { text: ENTRIES[kind], color: COLOURS[tone], bold: true },
    {
      stack: [
        {
          text: [
            { text: said(title, 200, 60), bold: true },
            ...(cluster === null ? [] : [{ text: ["   ", said(cluster, 100, 60)], color: PAPER.muted }]),
          ],
        },
        ...(detail === null ? [] : [{ text: said(detail, 300, 60), color: PAPER.muted }]),
      ],
    },
  ]);
  const body: ContentTable = {
    table: { widths: [82, 44, "*"], body: rows, dontBreakRows: true },
    layout: GRID,
    style: "cell",
  };
  return { stack: [body, ...more(left)] };
}

function table({ title, note: about, columns, rows, more: left, empty }: Table, source: string): Content {
  const foot = note([about, source].filter(Boolean).join(" · "));
  if (rows.length === 0) {
    const head: Content = { text: said(title), style: "subheading" };
    return { stack: [head, { text: said(empty), style: "note" }, ...foot], unbreakable: true };
  }
  const shown = rows.map((row) => columns.map((column, i) => formattedCell(row[i] ?? null, column.as)));
  const widths = columnWidths(columns, shown, PAGE_WIDTH);
  const alignment = (column: Column): Alignment => (isNumeric(column) ? "right" : "left");
  // With the title among the head's rows it is never left alone, and every page of a long table says what it is.
  const heading: TableCell[] = [
    { text: said(title), style: "subheading", colSpan: columns.length },
    ...columns.slice(1).map(() => ({ text: "" })),
  ];
  const labels = columns.map(
    (column): TableCell => ({
      text: writable(inline(column.label, 60)),
      style: "cellHead",
      alignment: alignment(column),
    }),
  );
  const body = shown.map((row) =>
    columns.map((column, i): TableCell => {
      const cell = row[i] ?? "";
      const unknown = cell === UNKNOWN ? { color: PAPER.muted, italics: true } : {};
      const whole = column.as === "TEXT" ? {} : { noWrap: true };
      return { text: writable(cell), alignment: alignment(column), ...unknown, ...whole };
    }),
  );
  const grid: ContentTable = {
    table: { headerRows: 2, widths, body: [heading, labels, ...body], dontBreakRows: true, keepWithHeaderRows: 1 },
    layout: GRID,
    style: "cell",
  };
  return { stack: [grid, ...more(left), ...foot] };
}
