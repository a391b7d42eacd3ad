import type { Chart } from "./chart.ts";
import type { Forecast } from "./forecast.ts";
import type { Table } from "./table.ts";

// What a report says, as data: the JSON format is this, and the other formats are drawn from it. Plain JSON, with instants in ISO 8601 (UTC).
// Texts come as they were told, hostile ones too: whoever draws them escapes them.

/** Changes when a reader of the JSON format would have to. */
export const REPORT_SCHEMA = "aiops-report/1";

export type ReportType = "EXECUTIVE_SUMMARY" | "DETAILED_ANALYSIS" | "INCIDENT_REPORT" | "CAPACITY_PLAN";
export type ReportFormat = "HTML" | "PDF" | "MARKDOWN" | "JSON";

export interface ReportModel {
  readonly schema: typeof REPORT_SCHEMA;
  readonly id: string;
  readonly title: string;
  readonly type: ReportType;
  /** When gathering began: "now" for everything in it. */
  readonly createdAt: string;
  readonly generatedBy: string;
  readonly range: { readonly start: string; readonly end: string };
  readonly scope: { readonly clusters: readonly ClusterName[] };
  readonly verdict: Verdict;
  /** The figures that it comes down to. */
  readonly impact: readonly Figure[];
  readonly timeline: readonly TimelineEntry[];
  /** Entries that were left out at the limit. */
  readonly timelineMore: number;
  readonly charts: readonly Chart[];
  readonly tables: readonly Table[];
  /** The likeliest first. */
  readonly causes: readonly Cause[];
  /** Those that are full soonest first. */
  readonly forecasts: readonly Forecast[];
  /** Forecasts that were left out at the limit. */
  readonly forecastsMore: number;
  /** Null where the report is not about it. */
  readonly waste: Waste | null;
  /** The most urgent first. */
  readonly actions: readonly Action[];
  /** What was asked for and could not be had. */
  readonly gaps: readonly Gap[];
  readonly provenance: Provenance;
}

export interface ClusterName {
  readonly id: string;
  readonly name: string;
}

export type Tone = "GOOD" | "WATCH" | "BAD" | "NEUTRAL" | "UNKNOWN";

export interface Verdict {
  readonly tone: Tone;
  /** One sentence. */
  readonly headline: string;
  /** What it stands on, a sentence each. */
  readonly statements: readonly string[];
  /** How sure it is, in words, and why. */
  readonly confidence: string;
}

export interface Figure {
  readonly label: string;
  /** Null is unknown, and `note` says why. */
  readonly value: number | null;
  readonly unit: Unit;
  readonly tone: Tone;
  readonly note: string | null;
}

/** How a number is to be read. RATIO is 0 to 1; COST is in the currency of the prices given. */
export type Unit = "COUNT" | "RATIO" | "PERCENT" | "HOURS" | "DAYS" | "SCORE" | "WATTS" | "MIB" | "COST" | "NUMBER";

export interface TimelineEntry {
  readonly at: string;
  /** Null for a moment, or for what is not over. */
  readonly until: string | null;
  readonly kind: "ALERT" | "ANOMALY" | "CAUSE" | "CHANGE" | "EVENT" | "LOG";
  readonly tone: Tone;
  readonly cluster: string | null;
  readonly title: string;
  readonly detail: string | null;
}

export interface Cause {
  readonly rank: number;
  readonly title: string;
  readonly cluster: string | null;
  /** CONFIRMED, LIKELY or INCONCLUSIVE. */
  readonly verdict: string;
  readonly score: number | null;
  readonly explanation: string;
  readonly evidence: readonly Evidence[];
}

export interface Evidence {
  readonly statement: string;
  readonly at: string | null;
  /** The query that shows it, if one does. */
  readonly query: string | null;
}

export interface Waste {
  readonly hours: {
    readonly observed: number;
    readonly busy: number;
    readonly idle: number;
    readonly unallocated: number;
    readonly outsidePods: number;
    readonly unknown: number;
  };
  readonly devices: number;
  /** Null without prices. */
  readonly idleCost: number | null;
  readonly unallocatedCost: number | null;
  readonly unpricedDevices: number;
  /** What counts as idle, in words. */
  readonly rule: string;
  /** Id of the query in the provenance. */
  readonly query: string;
}

export interface Action {
  /** 1 is for today, 2 for this week, 3 for when there is time. */
  readonly priority: 1 | 2 | 3;
  readonly title: string;
  /** The rule that asks for it. */
  readonly rule: string;
  readonly evidence: readonly string[];
  /** Evidence that was left out at the limit. */
  readonly evidenceMore: number;
}

export interface Gap {
  /** What is missing, such as "CPU used". */
  readonly what: string;
  readonly reason: string;
  /** An error code of the API, if there was one. */
  readonly code: string | null;
  /** Names; empty where it is no cluster's fault. */
  readonly clusters: readonly string[];
}

export interface Provenance {
  readonly queries: readonly QueryRecord[];
  /** How it was made, a sentence each: methods, their limits, and that no language model took part. */
  readonly methods: readonly string[];
}

/** A question that the report stands on: anybody with the same rights can ask it again. */
export interface QueryRecord {
  /** What tables and charts name it by: Q1, Q2, ... */
  readonly id: string;
  readonly what: string;
  readonly askedAt: string;
  readonly graphql: string;
  /** Of the first of the operations that it took. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** The expression, where it was one. */
  readonly promql: string | null;
  /** How many operations it took: pages, and clusters by the batch. */
  readonly operations: number;
}
