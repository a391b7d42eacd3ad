import type { Chart } from "../model/chart.ts";
import type { Action, Cause, Figure, TimelineEntry, Tone, Verdict } from "../model/report.ts";
import type { Table } from "../model/table.ts";

/** What a page is made of, in the order it is read. Every text is as it was told: each format escapes it in its own way. */
export type Block =
  | { readonly kind: "HEADING"; readonly text: string }
  | { readonly kind: "PARAGRAPH"; readonly text: string; readonly tone: Tone }
  | { readonly kind: "LIST"; readonly items: readonly string[] }
  | { readonly kind: "VERDICT"; readonly verdict: Verdict }
  | { readonly kind: "FIGURES"; readonly figures: readonly Figure[] }
  | { readonly kind: "ACTIONS"; readonly actions: readonly Action[] }
  | { readonly kind: "CAUSES"; readonly causes: readonly Cause[] }
  | { readonly kind: "TIMELINE"; readonly entries: readonly TimelineEntry[]; readonly more: number }
  | { readonly kind: "CHART"; readonly chart: Chart }
  /** `source` says where it comes from. */
  | { readonly kind: "TABLE"; readonly table: Table; readonly source: string }
  | { readonly kind: "CODE"; readonly caption: string; readonly code: string };

/** A report as pages show it. */
export interface Page {
  readonly title: string;
  /** What it is, of when and of what, a line each. */
  readonly about: readonly string[];
  readonly blocks: readonly Block[];
}
