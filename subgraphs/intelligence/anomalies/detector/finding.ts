/** STATISTICAL: statistics of the series itself. ML_BASED: with a model that is learned from the series as it comes. */
export type DetectorMethod = "STATISTICAL" | "ML_BASED";
export type AnomalyKind = "SPIKE" | "DROP" | "TREND_CHANGE" | "PATTERN_BREAK" | "THRESHOLD_BREACH";
export type AnomalySeverity = "HIGH" | "MEDIUM" | "LOW";

export interface DetectorOptions {
  method: DetectorMethod;
  stepSeconds: number;
  /** 0 to 1: 0.5 is the default threshold, and higher tells more. */
  sensitivity: number;
  /** Values beyond them are told at once, however usual they are. */
  bounds?: { above?: number; below?: number };
}

export interface Finding {
  index: number;
  /** In unix seconds. */
  time: number;
  kind: AnomalyKind;
  severity: AnomalySeverity;
  /** How rare: -log10 of the p-value. */
  score: number;
  /** 0 to 1. */
  confidence: number;
  pValue: number;
  /** Which statistic told it. */
  statistic: string;
  expected: number | null;
  expectedLow: number | null;
  expectedHigh: number | null;
  actual: number;
  deviationPercent: number | null;
  /** When what was found began, in unix seconds. */
  since: number;
  /** One sentence for who is on call. */
  explanation: string;
}

/** A live detector of one series: points in the order of time. */
export interface Detector {
  push(time: number, value: number): Finding | null;
  readonly seen: number;
  /** -log10 of the last point's p-value. */
  readonly score: number;
}

/** Points in the order of time, however irregular: a value that is not a number is a gap. */
export interface Points {
  times: Float64Array;
  values: Float64Array;
}

export interface Detection {
  findings: Finding[];
  /** -log10 of each point's p-value: 0 where there is none. */
  scores: Float64Array;
}
