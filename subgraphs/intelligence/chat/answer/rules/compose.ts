import type { Source, ToolFinding } from "../../../tools/tool.contract.ts";
import type { EndedCall } from "../answer.ts";
import { escapeMarkdown } from "../markdown.ts";
import { findingOf } from "./findings.ts";

const MOST_TABLES = 5;
/** Rows of a table that an answer shows; the others are for who asks for more. */
export const ROWS_SHOWN = 10;
const MOST_COLUMNS = 8;
const MOST_CELL = 160;
const MOST_MARKS = 3;
const MOST_SOURCES = 20;
const MOST_PER_CALL = 4;
const MOST_QUERY = 300;
const MOST_SUSPECTS = 2;
const SURE = new Set(["CONFIRMED", "LIKELY"]);
const ANSWERED = new Set(["SUCCESS", "PARTIAL"]);

export interface Composition {
  /** Sentences of our own that come first. */
  notes: readonly string[];
  /** In the order that they were planned. */
  calls: readonly EndedCall[];
  /** The name that a call is cited by. */
  nameOf: (call: EndedCall) => string;
  titleOf: (tool: string) => string;
  /** Tools that this persona has not. */
  missing: readonly string[];
  next: readonly string[];
  closing: string;
  /** Of each table; a few unless given. */
  rows?: number;
}

/** An answer in Markdown: what was found, the tables behind it, who did not answer, what to ask next, and how to ask it oneself. */
export function compose({
  notes,
  calls,
  nameOf,
  titleOf,
  missing,
  next,
  closing,
  rows = ROWS_SHOWN,
}: Composition): string {
  const found = calls.flatMap((call) => {
    const finding = findingOf(call);
    return finding ? [{ call, finding, name: nameOf(call) }] : [];
  });
  const [lead, ...others] = found;
  const shown = found.filter(({ finding }) => finding.table && finding.table.rows.length > 0);
  return [
    ...notes,
    ...(lead ? [`**${sentence(lead.finding, lead.name)}**${suspects(lead.finding)}`] : []),
    others.map(({ finding, name }) => `- ${sentence(finding, name)}`).join("\n"),
    ...shown
      .slice(0, MOST_TABLES)
      .map(
        ({ call, finding, name }) => `### ${escapeMarkdown(titleOf(call.name))} [${name}]\n\n${table(finding, rows)}`,
      ),
    problems(calls, missing, titleOf),
    sources(found),
    ...(next.length > 0 ? [`**What to ask next**\n\n${next.map((each) => `- ${each}`).join("\n")}`] : []),
    ...(lead ? [operation(lead.finding)] : []),
    closing,
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

const sentence = (finding: ToolFinding, name: string): string =>
  `${escapeMarkdown(finding.summary)} ${marks(finding.sources, name)}`;

/** After the likeliest cause, those that are nearly as likely: the first may be what the true one showed in. */
function suspects({ table: given }: ToolFinding): string {
  const { columns = [], rows = [] } = given ?? {};
  const [cause, verdict] = [columns.indexOf("cause"), columns.indexOf("verdict")];
  if (cause < 0 || verdict < 0) return "";
  const others = rows
    .slice(1)
    .filter((row) => SURE.has(row[verdict] ?? ""))
    .slice(0, MOST_SUSPECTS)
    .map((row) => `${escapeMarkdown(row[cause]?.toLowerCase() ?? "")} (${row[verdict] ?? ""})`);
  return others.length > 0 ? ` Next in line: ${others.join(", ")}.` : "";
}

/** Each source where they are few; the call for all of them otherwise. */
const marks = (of: readonly Source[], name: string): string =>
  of.length === 0 || of.length > MOST_MARKS ? `[${name}]` : of.map(({ id }) => `[${name}:${id}]`).join(" ");

function table({ table: given, full }: ToolFinding, most: number): string {
  const { columns = [], rows = [] } = given ?? {};
  const line = (cells: readonly string[]): string => `| ${cells.slice(0, MOST_COLUMNS).map(cell).join(" | ")} |`;
  const total = Math.max(full?.total ?? 0, rows.length);
  const more = total > most ? `\n\n${most} of ${total} rows; ask for “more” to read on.` : "";
  return [line(columns), line(columns.map(() => "---")), ...rows.slice(0, most).map(line)].join("\n") + more;
}

/** A whole address becomes a link; anything else is text and nothing but text. */
function cell(text: string): string {
  const short = text.length > MOST_CELL ? `${text.slice(0, MOST_CELL - 1)}…` : text;
  if (!/^https?:\/\/\S+$/.test(text) || !URL.canParse(text)) return text === "---" ? text : escapeMarkdown(short);
  const { href, host } = new URL(text);
  return `[${escapeMarkdown(host)}](<${href.replace(/[<>|\\]/g, encodeURIComponent)}>)`;
}

/** What is not known, and why: a cluster that did not answer is not a healthy one. */
function problems(calls: readonly EndedCall[], missing: readonly string[], titleOf: (tool: string) => string): string {
  const silent = new Map<string, string>();
  for (const call of calls) {
    for (const { clusterName, outcome } of findingOf(call)?.sources ?? []) {
      if (clusterName !== null && !ANSWERED.has(outcome)) silent.set(clusterName, outcome);
    }
  }
  const named = [...silent].map(([name, outcome]) => `${escapeMarkdown(name)} (${escapeMarkdown(outcome)})`);
  return [
    ...(named.length > 0 ? [`**Did not answer, and so unknown:** ${named.join(", ")}.`] : []),
    ...calls.flatMap(({ name, outcome }) =>
      outcome !== "REJECTED" && outcome.error
        ? [
            `**${escapeMarkdown(titleOf(name))} failed:** ${escapeMarkdown(outcome.error.message)} (${outcome.error.code})`,
          ]
        : [],
    ),
    ...(missing.length > 0
      ? [`This persona has no tool ${missing.map((name) => `\`${name}\``).join(", ")}, so that was not looked at.`]
      : []),
  ].join("\n\n");
}

/** Where each number comes from: cluster, query and time. */
function sources(found: readonly { finding: ToolFinding; name: string }[]): string {
  const all = found.flatMap(({ finding, name }) =>
    groups(finding)
      .slice(0, MOST_PER_CALL)
      .map((group) => ({ ...group, name })),
  );
  if (all.length === 0) return "";
  const lines = all.slice(0, MOST_SOURCES).map(({ name, clusters, language, query, at }) => {
    const asked = query.length > MOST_QUERY ? `${query.slice(0, MOST_QUERY - 1)}…` : query;
    return `- [${name}] ${escapeMarkdown(clusters)}, ${language}, ${escapeMarkdown(at)}: ${code(asked)}`;
  });
  return `**Sources**\n\n${lines.join("\n")}`;
}

const MOST_CLUSTERS = 6;

/** Clusters that were asked the same at the same time in one line. */
function groups({ sources: all }: ToolFinding): { clusters: string; language: string; query: string; at: string }[] {
  const byQuery = Map.groupBy(all, ({ language, query }) => `${language} ${query}`);
  return [...byQuery.values()].flatMap((same) => {
    const [first] = same;
    if (!first) return [];
    const names = same.flatMap(({ clusterName }) => clusterName ?? []);
    const more = names.length > MOST_CLUSTERS ? ` and ${names.length - MOST_CLUSTERS} more` : "";
    const clusters = names.slice(0, MOST_CLUSTERS).join(", ") + more;
    return [
      {
        clusters: clusters === "" ? "the fleet" : clusters,
        language: first.language,
        query: first.query,
        at: first.at,
      },
    ];
  });
}

function operation({ operation: { document, variables } }: ToolFinding): string {
  const given = JSON.stringify(variables, null, 2);
  const fence = fenceFor(document + given);
  return [
    "The same in GraphiQL, with these variables:",
    `${fence}graphql\n${document.trim()}\n${fence}`,
    `${fence}json\n${given}\n${fence}`,
  ].join("\n\n");
}

/** Longer than any row of backticks within: nothing gets out of it. */
const fenceFor = (text: string): string => "`".repeat(Math.max(3, longest(text) + 1));

function code(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  const ticks = "`".repeat(longest(line) + 1);
  return line.includes("`") ? `${ticks} ${line} ${ticks}` : `${ticks}${line}${ticks}`;
}

const longest = (text: string): number => Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
