import type { Clock } from "../../../shared/kernel/clock.ts";
import type { GraphAnswer } from "../../../shared/kernel/graph.ts";
import type { ReportType } from "../model/report.ts";

/** What a report is to be about. */
export interface ReportRequest {
  readonly id: string;
  readonly title: string;
  readonly type: ReportType;
  readonly generatedBy: string;
  readonly range: { readonly start: Date; readonly end: Date };
  /** Empty for all that whoever asks may see, up to a thousand. */
  readonly clusterIds: readonly string[];
  readonly parameters: ReportParameters;
}

export interface ReportParameters {
  /** Of an incident report: the alert that it is about. */
  readonly alertId?: string | null;
  /** Of an incident report: the analysis whose causes it tells. */
  readonly analysisId?: string | null;
  /** What an hour of a GPU model costs. */
  readonly prices?: readonly { readonly model: string; readonly perHour: number }[] | null;
}

/** How far gathering is, for whoever waits. */
export interface ComposeProgress {
  /** What is being gathered, for people. */
  readonly step: string;
  readonly done: number;
  readonly total: number;
}

export interface ComposeDeps {
  /** An operation as whoever the report is for. */
  readonly ask: (document: string, variables: Record<string, unknown>) => Promise<GraphAnswer>;
  readonly clock: Clock;
  readonly progress: (progress: ComposeProgress) => void;
  readonly signal: AbortSignal;
}
