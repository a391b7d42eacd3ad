import { describe, expect, it } from "vitest";
import type { Finding } from "./detector/index.ts";
import { discoveries, discoveryLevel, type Looked, withoutRepeats } from "./discovery.filter.ts";

const finding = (score: number, given: Partial<Finding> = {}): Finding => ({
  index: 0,
  time: 0,
  kind: "SPIKE",
  severity: "LOW",
  score,
  confidence: 0.5,
  pValue: 10 ** -score,
  statistic: "test",
  expected: 0,
  expectedLow: null,
  expectedHigh: null,
  actual: 1,
  deviationPercent: null,
  since: 0,
  explanation: "",
  ...given,
});
/** Points that were judged one run at a time, by a long history. */
const looked = (points: number, ...scores: number[]): Looked => ({
  points,
  seen: 1_000_000,
  findings: scores.map((score) => finding(score)),
});
const quiet = (count: number): Looked[] => Array.from({ length: count }, () => looked(1));
const scoresOf = (series: readonly Looked[], level: number): number[][] =>
  discoveries(series, level).kept.map((findings) => findings.map(({ score }) => score));

describe("discoveries", () => {
  it("asks of one among many series to be rarer than of one alone", () => {
    expect(scoresOf([looked(1, 3)], 0.1)).toEqual([[3]]);
    expect(scoresOf([looked(1, 3), ...quiet(999)], 0.1)[0]).toEqual([]);
    expect(scoresOf([looked(1, 4.1), ...quiet(999)], 0.1)[0]).toEqual([4.1]);
  });

  it("asks less of each where many are rare at once", () => {
    const many = Array.from({ length: 20 }, () => looked(1, 3));
    expect(scoresOf([...many, ...quiet(80)], 0.1).flat()).toHaveLength(20);
    expect(scoresOf([...many.slice(0, 1), ...quiet(99)], 0.1).flat()).toEqual([3]);
    expect(scoresOf([...many.slice(0, 1), ...quiet(101)], 0.1).flat()).toEqual([]);
  });

  it("counts every point that could have been rare by chance", () => {
    expect(scoresOf([looked(99, 3)], 0.1)).toEqual([[3]]);
    expect(scoresOf([looked(101, 3)], 0.1)).toEqual([[]]);
  });

  it("keeps of a series that is told only what is as rare as that", () => {
    expect(scoresOf([looked(100, 6, 4.5, 2.5)], 0.1)).toEqual([[6, 4.5]]);
  });

  it("tells what is as rare as a series' points can tell, however many series there are", () => {
    // Of a whole scan of 2,000 points, nothing is called rarer than once in 200,000.
    const spike: Looked = { points: 2000, seen: 2000, findings: [finding(5.3), finding(4.5)] };
    const series = [spike, ...Array.from({ length: 999 }, () => ({ points: 2000, seen: 2000, findings: [] }))];
    expect(scoresOf(series, 0.1)[0]).toEqual([5.3]);
    expect(scoresOf(series, 0.01)[0]).toEqual([]);
    expect(discoveries(series, 0.1).falseDiscoveryRate).toBe(1);
  });

  it("lets a bound that somebody set be told whatever is likely", () => {
    const breach: Looked = { points: 1000, seen: 1000, findings: [finding(0, { kind: "THRESHOLD_BREACH" })] };
    const { kept, falseDiscoveryRate } = discoveries([breach, ...quiet(9)], 0.01);
    expect(kept[0]).toHaveLength(1);
    expect(falseDiscoveryRate).toBeNull();
  });

  it("estimates the share of false alarms", () => {
    const series = [looked(1, 4), looked(1, 3), ...quiet(8)];
    expect(discoveries(series, 0.1).falseDiscoveryRate).toBeCloseTo(0.005);
    expect(discoveries(quiet(3), 0.1)).toEqual({ kept: [[], [], []], falseDiscoveryRate: null });
    expect(discoveries([], 0.1)).toEqual({ kept: [], falseDiscoveryRate: null });
  });

  it("tells all that detectors do at the highest sensitivity", () => {
    expect(discoveryLevel(0.5)).toBeCloseTo(0.1);
    expect(scoresOf([looked(1000, 3), looked(1000, 2), ...quiet(100)], discoveryLevel(1)).flat()).toEqual([3, 2]);
  });
});

describe("withoutRepeats", () => {
  const told = (scores: [time: number, score: number][], before?: { at: number; score: number }) =>
    withoutRepeats(
      scores.map(([time, score]) => finding(score, { time })),
      100,
      before,
    ).map(({ time }) => time);

  it("tells one again after a while, or at once where it is ten times rarer", () => {
    expect(told([[0, 3], [50, 3.9], [60, 4], [70, 4.5], [150, 4.5], [160, 3]])).toEqual([0, 60, 160]); // biome-ignore format: a table
  });

  it("remembers what was told before, whatever order they come in", () => {
    expect(told([[120, 3], [90, 3]], { at: 10, score: 3 })).toEqual([120]); // biome-ignore format: a table
  });
});
