import type { Finding } from "./detector/index.ts";

/** One series of a scan, and what a detector tells of it. */
export interface Looked<F extends Finding = Finding> {
  /** Points that were judged. */
  points: number;
  /** With those that were only there to judge them by. */
  seen: number;
  findings: readonly F[];
}

/**
 * The share of false alarms among what is told that is put up with: a hundredth at a sensitivity of 0, a tenth at 0.5, and at 1 whatever
 * the detectors tell.
 */
export const discoveryLevel = (sensitivity: number): number => 10 ** (2 * sensitivity - 2);

/** Detectors call nothing rarer than once in a hundred times the points they saw: how near to that is as rare as can be told. */
const AS_RARE_AS_CAN_BE = 0.3;

/**
 * What is left of all series' findings once it is counted how many had to look rare by chance alone (Benjamini and Hochberg): each
 * series is one question, whose p-value is that of its rarest point times its points. The rarer the rest, the less rare one must be.
 * What is as rare as its points can tell is left in any case, or one spike among a thousand quiet series never would be; and so is a
 * bound that somebody set, which is no matter of chance.
 */
export function discoveries<F extends Finding>(
  series: readonly Looked<F>[],
  level: number,
): { kept: F[][]; falseDiscoveryRate: number | null } {
  const adjusted = ({ points }: Looked, { pValue }: Finding): number => Math.min(1, pValue * points);
  const rarest = series
    .map((each) => Math.min(1, ...each.findings.filter(isChance).map((finding) => adjusted(each, finding))))
    .sort((a, b) => a - b);
  const last = rarest.findLastIndex((p, index) => p <= (level * (index + 1)) / series.length);
  const most = (level * (last + 1)) / series.length;
  const kept = series.map((each) => {
    const own = Math.max(most, (AS_RARE_AS_CAN_BE * level * each.points) / Math.max(1, each.seen));
    return each.findings.filter((finding) => !isChance(finding) || adjusted(each, finding) <= own);
  });
  const told = kept.flatMap((findings, index) => {
    const each = series[index];
    return each && findings.some(isChance)
      ? [Math.min(...findings.filter(isChance).map((finding) => adjusted(each, finding)))]
      : [];
  });
  const rate = told.length > 0 ? (Math.max(...told) * series.length) / told.length : null;
  return { kept, falseDiscoveryRate: rate === null ? null : Math.min(1, rate) };
}

const isChance = ({ kind }: Finding): boolean => kind !== "THRESHOLD_BREACH";

export interface Told {
  /** Unix seconds. */
  at: number;
  score: number;
}

/**
 * One series' findings without those that repeat one: within so many seconds of the last that was told, only what is ten times rarer
 * is told again.
 */
export function withoutRepeats<F extends Finding>(findings: readonly F[], seconds: number, before?: Told): F[] {
  let last = before;
  return findings
    .toSorted((a, b) => a.time - b.time)
    .filter(({ time, score }) => {
      if (last && time - last.at < seconds && score < last.score + 1) return false;
      last = { at: time, score };
      return true;
    });
}

/** How long a series' next finding is taken for a part of the last one. */
export const refractorySeconds = (stepSeconds: number): number => Math.max(1800, 30 * stepSeconds);
