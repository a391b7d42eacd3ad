import type { Chart, Point } from "../model/chart.ts";
import type { Action, Cause, Figure, TimelineEntry, Verdict } from "../model/report.ts";
import type { Column, Table } from "../model/table.ts";
import type { Block, Page } from "./block.ts";
import { downsampled } from "./chart/downsample.ts";
import { formatted, formattedCell, formattedTime, isNumeric } from "./format.ts";
import { fenced, marked } from "./markdown-text.ts";
import { withCommas } from "./text.ts";
import { ENTRIES, PRIORITIES, TONES } from "./words.ts";

/** CommonMark with GitHub's tables; charts as a table of their series, each with its shape in a line of blocks. */
export const markdown = ({ title, about, blocks }: Page): string =>
  `${[`# ${marked(title)}`, about.map((line) => marked(line)).join("  \n"), ...blocks.map(written)]
    .filter((part) => part !== "")
    .join("\n\n")}\n`;

function written(block: Block): string {
  switch (block.kind) {
    case "HEADING":
      return `## ${marked(block.text)}`;
    case "PARAGRAPH":
      return marked(block.text, 4000);
    case "LIST":
      return listed(block.items);
    case "VERDICT":
      return verdict(block.verdict);
    case "FIGURES":
      return grid(["Figure", "Value", "Note"], [false, true, false], block.figures.map(figure));
    case "ACTIONS":
      return block.actions.map(action).join("\n");
    case "CAUSES":
      return block.causes.map(cause).join("\n\n");
    case "TIMELINE":
      return `${grid(["When (UTC)", "", "What", "Where", "Detail"], [], block.entries.map(entry))}${more(block.more)}`;
    case "CHART":
      return chart(block.chart);
    case "TABLE":
      return table(block.table, block.source);
    case "CODE":
      return `${marked(block.caption)}\n\n${fenced(block.code)}`;
  }
}

const listed = (items: readonly string[]): string => items.map((item) => `- ${marked(item)}`).join("\n");

/** The cells are Markdown already. */
function grid(headings: readonly string[], right: readonly boolean[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = headings.map((_, i) => (right[i] ? "---:" : "---"));
  return [line(headings), line(rule), ...rows.map(line)].join("\n");
}

const verdict = ({ tone, headline, statements, confidence }: Verdict): string =>
  [`**${TONES[tone]}: ${marked(headline)}**`, listed(statements), marked(confidence)].filter(Boolean).join("\n\n");

const figure = ({ label, value, unit, note }: Figure): string[] => [
  marked(label),
  marked(formatted(value, unit)),
  marked(note ?? ""),
];

const action = ({ priority, title, rule, evidence, evidenceMore }: Action): string =>
  [
    `1. **${PRIORITIES[priority]}: ${marked(title)}** ${marked(rule)}`,
    ...evidence.map((each) => `   - ${marked(each)}`),
    ...(evidenceMore > 0 ? [`   - and ${withCommas(evidenceMore)} more`] : []),
  ].join("\n");

const cause = ({ title, cluster, verdict: word, score, explanation, evidence }: Cause): string =>
  [
    `### ${marked(title)}`,
    [word, ...(score === null ? [] : [`score ${formatted(score, "NUMBER")}`]), ...(cluster === null ? [] : [cluster])]
      .map((each) => marked(each))
      .join(" · "),
    marked(explanation, 4000),
    evidence
      .map(({ statement, at, query }) => {
        const found = `- ${at === null ? "" : `${marked(formattedTime(at))} `}${marked(statement)}`;
        return query === null ? found : `${found}\n\n${fenced(query).replace(/^/gm, "  ")}\n`;
      })
      .join("\n"),
  ]
    .filter(Boolean)
    .join("\n\n");

const entry = ({ at, until, kind, cluster, title, detail }: TimelineEntry): string[] => [
  marked(`${formattedTime(at)}${until === null ? "" : ` to ${formattedTime(until)}`}`),
  ENTRIES[kind],
  marked(title),
  marked(cluster ?? ""),
  marked(detail ?? ""),
];

const more = (count: number): string => (count > 0 ? `\n\nand ${withCommas(count)} more` : "");

function table({ title, note, columns, rows, more: left, empty }: Table, source: string): string {
  const notes = [note, source].filter((each) => each !== null && each !== "").map((each) => marked(each ?? ""));
  const body =
    rows.length === 0
      ? marked(empty)
      : `${grid(
          columns.map(({ label }) => marked(label)),
          columns.map(isNumeric),
          rows.map((row) => columns.map((column, i) => cell(row[i] ?? null, column))),
        )}${more(left)}`;
  return [`### ${marked(title)}`, body, notes.join(" · ")].filter(Boolean).join("\n\n");
}

const cell = (value: Table["rows"][number][number], { as }: Column): string => marked(formattedCell(value, as));

// --- Charts -----------------------------------------------------------------------------------------------------------

function chart(drawn: Chart): string {
  const parts = [`### ${marked(drawn.title)}`, figures(drawn), marked(drawn.note ?? "")];
  return parts.filter(Boolean).join("\n\n");
}

function figures(drawn: Chart): string {
  const said = (value: number | null): string => marked(formatted(value, drawn.unit));
  if (drawn.kind === "BARS") {
    const most = Math.max(0, ...drawn.bars.map(({ value }) => value));
    const bar = (value: number): string => "█".repeat(most > 0 ? Math.max(0, Math.round((value / most) * 20)) : 0);
    const rows = drawn.bars.slice(0, 20).map(({ label, value }) => [marked(label), said(value), bar(value)]);
    return grid(["", "Value", ""], [false, true, false], rows);
  }
  const series = drawn.kind === "LINES" ? drawn.series : [{ name: "measured", points: drawn.measured }];
  const rows = series.slice(0, 8).map(({ name, points }) => {
    const known = points.flatMap(([, value]) => (value === null ? [] : [value]));
    const low = known.length === 0 ? null : known.reduce((least, value) => Math.min(least, value));
    const high = known.length === 0 ? null : known.reduce((most, value) => Math.max(most, value));
    return [marked(name), said(low), said(high), said(known.at(-1) ?? null), sparkline(points)];
  });
  const ends = drawn.kind === "FORECAST" ? drawn.expected.at(-1) : undefined;
  const outlook = ends
    ? `\n\nExpected at ${marked(formattedTime(new Date(ends[0]).toISOString()))} UTC: ${said(ends[2])}, between ${said(ends[1])} and ${said(ends[3])}.`
    : "";
  const marks = drawn.kind === "LINES" ? drawn.marks.slice(0, 12) : [];
  const happened = marks.map(
    ({ at, label }) => `- ${marked(formattedTime(new Date(at).toISOString()))} ${marked(label)}`,
  );
  const list = happened.length > 0 ? `\n\n${happened.join("\n")}` : "";
  return `${grid(["Series", "Least", "Most", "Last", "Shape"], [false, true, true, true], rows)}${outlook}${list}`;
}

const BLOCKS = "▁▂▃▄▅▆▇█";

function sparkline(points: readonly Point[]): string {
  const shown = downsampled(points, 40);
  const known = shown.flatMap(([, value]) => (value === null ? [] : [value]));
  const low = Math.min(...known);
  const room = Math.max(...known) - low;
  return shown
    .map(([, value]) => (value === null ? " " : BLOCKS[room > 0 ? Math.round(((value - low) / room) * 7) : 3]))
    .join("");
}
