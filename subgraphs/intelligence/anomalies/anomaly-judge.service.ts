/** A statistical finding, with what a model needs to judge it. */
export interface Candidate {
  clusterName: string;
  metricName: string;
  labels: Readonly<Record<string, string>>;
  detectedAt: Date;
  kind: string;
  expected: number | null;
  actual: number;
  explanation: string;
  /** The last values up to it, the oldest first. */
  before: readonly number[];
  /** Names of alerts of its cluster from around that time. */
  alerts: readonly string[];
}

export interface Judgement {
  /** Whether somebody on call should know. */
  anomalous: boolean;
  /** Why, in a sentence or two. */
  explanation: string;
  /** 0 to 1; null where the model does not say. */
  confidence: number | null;
  /** Which model says so. */
  model: string;
}

/** A model that tells which of the statistics' findings matter. */
export interface AnomalyJudge {
  /** One judgement of each candidate, in their order. */
  judge(
    candidates: readonly Candidate[],
    context: { query: string; stepSeconds: number },
    signal: AbortSignal,
  ): Promise<Judgement[]>;
}
