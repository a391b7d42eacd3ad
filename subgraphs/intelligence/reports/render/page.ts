import type { Forecast } from "../model/forecast.ts";
import type { Gap, QueryRecord, ReportModel, Waste } from "../model/report.ts";
import type { Cell, Table } from "../model/table.ts";
import { RESOURCES } from "../model/words.ts";
import type { Block, Page } from "./block.ts";
import { formatted, formattedTime } from "./format.ts";
import { TYPES } from "./words.ts";

const MOST_CHARTS = 24;
const MOST_QUERIES = 60;
export const MOST_ROWS = 200;

/** What the report says, in the order it is read: the verdict and what to do first, and what it all stands on last. */
export function pageOf(report: ReportModel): Page {
  const { type, range, scope, createdAt, generatedBy } = report;
  const names = scope.clusters.map(({ name }) => name);
  const clusters = `${names.length} clusters: ${names.slice(0, 12).join(", ")}${names.length > 12 ? " and more" : ""}`;
  return {
    title: report.title,
    about: [
      `${TYPES[type]} · ${formattedTime(range.start)} to ${formattedTime(range.end)} UTC`,
      names.length === 1 ? `1 cluster: ${names[0]}` : clusters,
      `Made ${formattedTime(createdAt)} UTC by ${generatedBy} · ${report.id}`,
    ],
    blocks: [
      { kind: "VERDICT", verdict: report.verdict },
      ...gapNotice(report.gaps),
      ...(report.impact.length > 0 ? [{ kind: "FIGURES", figures: report.impact } as const] : []),
      ...section("Actions", report.actions.length > 0 || report.type !== "INCIDENT_REPORT", [
        report.actions.length > 0
          ? { kind: "ACTIONS", actions: report.actions }
          : { kind: "PARAGRAPH", text: "No rule of this report asks for anything to be done.", tone: "NEUTRAL" },
      ]),
      ...section("Ranked causes", report.causes.length > 0, [{ kind: "CAUSES", causes: report.causes }]),
      ...section("Timeline", report.timeline.length > 0, [
        { kind: "TIMELINE", entries: report.timeline.slice(0, MOST_ROWS), more: moreEntries(report) },
      ]),
      ...section("Capacity forecast", report.forecasts.length > 0, [tableBlock(forecastTable(report), report)]),
      ...section("Charts", report.charts.length > 0, charts(report)),
      ...section("GPU waste", report.waste !== null, report.waste ? wasteBlocks(report.waste, report) : []),
      ...section(
        "Evidence",
        report.tables.length > 0,
        report.tables.map((table) => tableBlock(bounded(table), report)),
      ),
      ...gapBlocks(report.gaps),
      ...provenance(report),
    ],
  };
}

const section = (heading: string, isThere: boolean, blocks: readonly Block[]): Block[] =>
  isThere ? [{ kind: "HEADING", text: heading }, ...blocks] : [];

const moreEntries = ({ timeline, timelineMore }: ReportModel): number =>
  timelineMore + Math.max(0, timeline.length - MOST_ROWS);

const charts = (report: ReportModel): Block[] =>
  report.charts.slice(0, MOST_CHARTS).map((chart): Block => ({ kind: "CHART", chart }));

function bounded(table: Table): Table {
  const rows = table.rows.slice(0, MOST_ROWS);
  return { ...table, rows, more: table.more + table.rows.length - rows.length };
}

function tableBlock(table: Table, { provenance: { queries } }: ReportModel): Block {
  const query = queries.find(({ id }) => id === table.query);
  return {
    kind: "TABLE",
    table,
    source: query ? `Source: ${query.id}, asked ${formattedTime(query.askedAt)} UTC` : "",
  };
}

// --- Forecasts --------------------------------------------------------------------------------------------------------

function forecastTable({ forecasts, forecastsMore, provenance: { queries } }: ReportModel): Table {
  const asked = queries.find(({ promql }) => promql !== null);
  return bounded({
    title: "When it is full, the soonest first",
    note: "In use is a share at the daily peak. Days are counted from the end of the range, with what they lie between at 90 %.",
    columns: [
      { label: "Cluster", as: "TEXT" },
      { label: "Resource", as: "TEXT" },
      { label: "In use", as: "RATIO" },
      { label: "A day", as: "TEXT" },
      { label: "Days to full", as: "TEXT" },
      { label: "Between", as: "TEXT" },
    ],
    rows: forecasts.map(forecastRow),
    more: forecastsMore,
    empty: "Nothing was measured.",
    query: asked?.id ?? "",
  });
}

const forecastRow = (forecast: Forecast): readonly Cell[] => [
  forecast.cluster,
  RESOURCES[forecast.resource],
  forecast.level,
  forecast.perDay ? perDayInWords(forecast.perDay.value) : "unknown",
  daysInWords(forecast),
  forecast.daysToFull && forecast.status === "FILLING"
    ? `${formatted(forecast.daysToFull.soonest, "DAYS")} to ${latestInWords(forecast.daysToFull.latest)}`
    : "",
];

const perDayInWords = (share: number): string => {
  const text = (share * 100).toFixed(2);
  return /[1-9]/.test(text) ? `${share > 0 ? "+" : ""}${text} %` : "0 %";
};

const latestInWords = (latest: number | null): string => (latest === null ? "no end" : formatted(latest, "DAYS"));

export function daysInWords({ status, reason, daysToFull }: Forecast): string {
  if (status === "UNKNOWN") return `unknown: ${reason ?? "not said"}`;
  if (status === "NOT_FILLING") return "not filling";
  return status === "FULL" ? "full now" : formatted(daysToFull?.expected ?? null, "DAYS");
}

// --- Waste, gaps and where it all comes from --------------------------------------------------------------------------

function wasteBlocks(waste: Waste, report: ReportModel): Block[] {
  const { hours } = waste;
  const rows: [string, number, number | null][] = [
    ["Busy", hours.busy, null],
    ["Given to a pod and idle", hours.idle, waste.idleCost],
    ["Given to nobody", hours.unallocated, waste.unallocatedCost],
    ["Used outside of pods", hours.outsidePods, null],
    ["Not measured", hours.unknown, null],
  ];
  const priced = waste.idleCost !== null || waste.unallocatedCost !== null;
  const share = (part: number): number | null => (hours.observed > 0 ? part / hours.observed : null);
  const table: Table = {
    title: `How ${waste.devices} GPUs spent the time`,
    note: `${waste.rule}${waste.unpricedDevices > 0 && priced ? ` ${waste.unpricedDevices} GPUs have no price, and are left out of the cost.` : ""}`,
    columns: [
      { label: "GPUs were", as: "TEXT" },
      { label: "Hours", as: "HOURS" },
      { label: "Share", as: "RATIO" },
      ...(priced ? [{ label: "Cost", as: "COST" } as const] : []),
    ],
    rows: rows.map(([what, part, cost]) => [what, part, share(part), ...(priced ? [cost ?? ""] : [])]),
    more: 0,
    empty: "",
    query: waste.query,
  };
  return [tableBlock(table, report)];
}

function gapNotice(gaps: readonly Gap[]): Block[] {
  const clusters = new Set(gaps.filter(({ code }) => code !== null).flatMap((gap) => gap.clusters));
  if (gaps.every(({ code }) => code === null)) return [];
  const text =
    clusters.size === 0
      ? "Some of what this report asked for could not be had: see Data gaps."
      : `${clusters.size === 1 ? "One cluster" : `${clusters.size} clusters`} did not answer everything that this report asked: see Data gaps.`;
  return [{ kind: "PARAGRAPH", text, tone: "WATCH" }];
}

function gapBlocks(gaps: readonly Gap[]): Block[] {
  if (gaps.length === 0) {
    const text = "None: whatever was asked was answered.";
    return section("Data gaps", true, [{ kind: "PARAGRAPH", text, tone: "NEUTRAL" }]);
  }
  const table: Table = {
    title: "What could not be had",
    note: null,
    columns: ["Missing", "Clusters", "Why", "Code"].map((label) => ({ label, as: "TEXT" })),
    rows: gaps.map(({ what, clusters, reason, code }) => [what, namesInWords(clusters), reason, code ?? ""]),
    more: 0,
    empty: "",
    query: "",
  };
  return section("Data gaps", true, [{ kind: "TABLE", table: bounded(table), source: "" }]);
}

function namesInWords(names: readonly string[]): string {
  if (names.length <= 8) return names.join(", ");
  return `${names.slice(0, 8).join(", ")} and ${names.length - 8} more`;
}

function provenance({ provenance: { queries, methods } }: ReportModel): Block[] {
  const shown = queries.slice(0, MOST_QUERIES);
  return section("Provenance", true, [
    { kind: "LIST", items: methods },
    ...shown.map((query): Block => ({ kind: "CODE", caption: captionOf(query), code: codeOf(query) })),
  ]);
}

const captionOf = ({ id, what, askedAt, operations }: QueryRecord): string =>
  `${id}: ${what}. Asked ${formattedTime(askedAt)} UTC${operations > 1 ? `, in ${operations} operations` : ""}`;

/** The expression says more than the operation around it, which is the same each time. */
const codeOf = ({ graphql, variables, promql }: QueryRecord): string =>
  promql ?? `${graphql.trim()}\n\n${JSON.stringify(shortened(variables))}`;

/** A list of hundreds of ids says no more than its first ones. */
const shortened = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return items.length > 3 ? [...items.slice(0, 3), `and ${items.length - 3} more`] : items;
  }
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shortened(each)]));
};
