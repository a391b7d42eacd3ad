import type { Action, Cause, Figure, TimelineEntry, Verdict } from "../model/report.ts";
import type { Table } from "../model/table.ts";
import type { Block, Page } from "./block.ts";
import { BY_STYLE, drawn } from "./chart/index.ts";
import { formatted, formattedCell, formattedTime, isNumeric, UNKNOWN } from "./format.ts";
import { STYLE } from "./html-style.ts";
import { escaped, inline, lines, withCommas } from "./text.ts";
import { ENTRIES, PRIORITIES, TONES } from "./words.ts";

/** Nothing is loaded and nothing runs: a report is read where somebody put it. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** One file that stands for itself. */
export const html = ({ title, about, blocks }: Page): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${said(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${said(title)}</h1>
<div class="about">${about.map((line) => `<p>${said(line)}</p>`).join("")}</div>
${blocks.map(written).join("\n")}
</main>
</body>
</html>
`;

const said = (text: string, most = 600): string => escaped(inline(text, most));

function written(block: Block): string {
  switch (block.kind) {
    case "HEADING":
      return `<h2>${said(block.text)}</h2>`;
    case "PARAGRAPH":
      return `<p class="${block.tone}">${said(block.text, 4000)}</p>`;
    case "LIST":
      return listed(block.items);
    case "VERDICT":
      return verdict(block.verdict);
    case "FIGURES":
      return `<dl class="figures">${block.figures.map(figure).join("")}</dl>`;
    case "ACTIONS":
      return `<ol class="actions">${block.actions.map(action).join("")}</ol>`;
    case "CAUSES":
      return `<ol class="causes">${block.causes.map(cause).join("")}</ol>`;
    case "TIMELINE":
      return `<ol class="timeline">${block.entries.map(entry).join("")}</ol>${more(block.more)}`;
    case "CHART":
      return `<figure><h3>${said(block.chart.title)}</h3>${drawn(block.chart, BY_STYLE)}${caption(block.chart.note)}</figure>`;
    case "TABLE":
      return table(block.table, block.source);
    case "CODE":
      return `<p class="note">${said(block.caption)}</p><pre>${escaped(lines(block.code))}</pre>`;
  }
}

const listed = (items: readonly string[]): string =>
  items.length === 0 ? "" : `<ul>${items.map((item) => `<li>${said(item)}</li>`).join("")}</ul>`;

const verdict = ({ tone, headline, statements, confidence }: Verdict): string =>
  `<section class="verdict ${tone}"><span class="tag ${tone}">${TONES[tone]}</span><strong>${said(headline)}</strong>${listed(statements)}<p class="note">${said(confidence)}</p></section>`;

const figure = ({ label, value, unit, tone, note }: Figure): string =>
  `<div class="${tone}"><dt>${said(label)}</dt><dd class="${value === null ? "UNKNOWN" : tone}">${formatted(value, unit)}</dd>${note === null ? "" : `<dd>${said(note)}</dd>`}</div>`;

const action = ({ priority, title, rule, evidence, evidenceMore }: Action): string =>
  `<li><span class="tag ${priority === 1 ? "BAD" : priority === 2 ? "WATCH" : ""}">${PRIORITIES[priority]}</span> <strong>${said(title)}</strong><p class="note">${said(rule)}</p>${listed(evidence)}${more(evidenceMore)}</li>`;

const cause = ({ title, cluster, verdict: word, score, explanation, evidence }: Cause): string =>
  `<li><strong>${said(title)}</strong> <span class="tag">${said(word)}${score === null ? "" : ` · score ${formatted(score, "NUMBER")}`}${cluster === null ? "" : ` · ${said(cluster)}`}</span><p>${said(explanation, 4000)}</p><ul>${evidence
    .map(
      ({ statement, at, query }) =>
        `<li>${at === null ? "" : `<time>${said(formattedTime(at))}</time>`}${said(statement)}${query === null ? "" : `<pre>${escaped(lines(query, 1000))}</pre>`}</li>`,
    )
    .join("")}</ul></li>`;

const entry = ({ at, until, kind, tone, cluster, title, detail }: TimelineEntry): string =>
  `<li class="${tone}"><time>${said(formattedTime(at))}${until === null ? "" : ` to ${said(formattedTime(until))}`}</time><span class="tag ${tone}">${ENTRIES[kind]}</span> <strong>${said(title)}</strong>${cluster === null ? "" : ` <span class="note">${said(cluster)}</span>`}${detail === null ? "" : `<br><span class="note">${said(detail)}</span>`}</li>`;

const caption = (note: string | null): string => (note === null ? "" : `<figcaption>${said(note)}</figcaption>`);

const more = (count: number): string => (count > 0 ? `<p class="note">and ${withCommas(count)} more</p>` : "");

function table({ title, note, columns, rows, more: left, empty }: Table, source: string): string {
  const notes = [note, source].filter((each) => each !== null && each !== "").map((each) => said(each ?? ""));
  const head = `<h3>${said(title)}</h3>`;
  const foot = notes.length > 0 ? `<p class="note">${notes.join(" · ")}</p>` : "";
  if (rows.length === 0) return `${head}<p class="NEUTRAL">${said(empty)}</p>${foot}`;
  const headings = columns.map(
    (column) => `<th${isNumeric(column) ? ' class="number"' : ""}>${said(column.label)}</th>`,
  );
  const body = rows.map((row) => {
    const cells = columns.map((column, i) => {
      const shown = formattedCell(row[i] ?? null, column.as);
      const kind = isNumeric(column) ? "number" : column.as === "TIME" ? "time" : "";
      const classes = [kind, shown === UNKNOWN ? "unknown" : ""].filter(Boolean).join(" ");
      return `<td${classes ? ` class="${classes}"` : ""}>${escaped(shown)}</td>`;
    });
    return `<tr>${cells.join("")}</tr>`;
  });
  return `${head}<div class="scroll"><table><thead><tr>${headings.join("")}</tr></thead><tbody>${body.join("\n")}</tbody></table></div>${more(left)}${foot}`;
}
