import { explain, explainBreach, explainChange } from "./explanation.ts";
import type { AnomalyKind, AnomalySeverity, Finding } from "./finding.ts";
import type { LastingChange } from "./lasting-change.ts";
import type { Verdict, Witness } from "./rarity.ts";

const HIGH_SCORE = 4;
const MEDIUM_SCORE = 3.25;
/** The share of what is told that was labelled in the benchmark, by score, is near this logistic curve. */
const [EVEN_SCORE, STEEPNESS] = [3.2, 1.5];

const MOST = 0.5;

export interface Rare {
  index: number;
  time: number;
  value: number;
  since: number;
  threshold: number;
  verdict: Verdict;
}

const severityOf = (score: number): AnomalySeverity =>
  score >= HIGH_SCORE ? "HIGH" : score >= MEDIUM_SCORE ? "MEDIUM" : "LOW";
const confidenceOf = (score: number): number => 1 / (1 + Math.exp(-STEEPNESS * (score - EVEN_SCORE)));

/** In percent of what was expected: unknown where that was 0. */
const deviationOf = (actual: number, expected: number): number | null =>
  expected === 0 ? null : (100 * (actual - expected)) / Math.abs(expected);

/** Usual values that come at the wrong time, or in a wrong way, break a pattern; others go up or down. */
function kindOf({ first, second }: Verdict): AnomalyKind {
  const isPattern = ({ name }: Witness): boolean => name === "season" || name === "dispersion" || name === "model";
  if (isPattern(first) && (first.name !== "season" || isPattern(second))) return "PATTERN_BREAK";
  const middle = (first.low + first.high) / 2;
  return first.subject >= middle ? "SPIKE" : "DROP";
}

/** A rare point, as it looks when it comes. */
export function rareFinding({ index, time, value, since, threshold, verdict }: Rare): Finding {
  const { score, first, second, floor } = verdict;
  const reach = first.tail.valueAt(threshold);
  const low = Math.max(floor, first.low - reach * first.unit);
  const high = first.high + reach * first.unit;
  const expected = (first.low + first.high) / 2;
  return {
    index,
    time,
    kind: kindOf(verdict),
    severity: severityOf(score),
    score,
    confidence: confidenceOf(score),
    pValue: 10 ** -score,
    statistic: first.name,
    expected,
    expectedLow: low,
    expectedHigh: high,
    actual: value,
    deviationPercent: deviationOf(value, expected),
    since,
    explanation: explain({ actual: value, low, high, reach, since, score, first, second }),
  };
}

/** A value beyond what is expected, that change-point detection says is there to stay: most of what was unexpected has remained. */
export function asTrendChange(finding: Finding, change: LastingChange, since: number): Finding {
  const expected = finding.expected ?? change.before;
  const remains = (change.after - expected) / (finding.actual - expected);
  const goesOneWay = finding.kind === "SPIKE" || finding.kind === "DROP";
  if (!goesOneWay || !(remains >= MOST)) return finding;
  return {
    ...finding,
    kind: "TREND_CHANGE",
    since,
    expected: change.before,
    deviationPercent: deviationOf(finding.actual, change.before),
    explanation: explainChange(change, since, finding.score),
  };
}

export function breachFinding({ index, time, value, since, verdict }: Rare, bound: number): Finding {
  const { score } = verdict;
  return {
    index,
    time,
    kind: "THRESHOLD_BREACH",
    severity: score >= MEDIUM_SCORE ? "HIGH" : "MEDIUM",
    score,
    confidence: 1,
    pValue: 10 ** -score,
    statistic: "bound",
    expected: null,
    expectedLow: value < bound ? bound : null,
    expectedHigh: value > bound ? bound : null,
    actual: value,
    deviationPercent: deviationOf(value, bound),
    since,
    explanation: explainBreach(value, bound, since),
  };
}
