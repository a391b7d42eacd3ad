import { describe, expect, it } from "vitest";
import { gaussians, MONDAY, type Series, seriesOf } from "../../../../test/support/series.ts";
import type { DetectorOptions, Finding } from "./finding.ts";
import { createDetector, detect } from "./index.ts";

const METHODS = ["STATISTICAL", "ML_BASED"] as const;
const options = { method: "STATISTICAL", stepSeconds: 300, sensitivity: 0.5 } satisfies DetectorOptions;
const DAY = 288;

/** 50, give or take one, and what is added. */
const noisy = (length: number, added: (index: number) => number = () => 0, seed = 6): Series => {
  const noise = gaussians(seed);
  return seriesOf(length, (index) => 50 + noise() + added(index));
};
const findings = (series: Series, more: Partial<DetectorOptions> & { counter?: boolean } = {}): Finding[] =>
  detect(series, { ...options, ...more }).findings;
const near = (found: readonly Finding[], index: number): Finding | undefined =>
  found.find((finding) => Math.abs(finding.index - index) <= 12);

describe.each(METHODS)("%s", (method) => {
  const found = (series: Series, more: Partial<DetectorOptions> = {}): Finding[] =>
    findings(series, { method, ...more });

  it("finds a spike and a drop at once, and says how far and how rare", () => {
    const [up, down] = [noisy(2000, (i) => (i === 1500 ? 20 : 0)), noisy(2000, (i) => (i === 1500 ? -20 : 0))];
    const spike = found(up).find(({ index }) => index === 1500);
    expect(spike).toMatchObject({
      kind: "SPIKE",
      severity: "HIGH",
      time: MONDAY + 1500 * 300,
      actual: up.values[1500],
    });
    expect(spike?.pValue).toBeLessThan(1e-4);
    expect(spike?.confidence).toBeGreaterThan(0.9);
    expect(spike?.expected).toBeCloseTo(50, 0);
    expect(spike?.deviationPercent).toBeGreaterThan(30);
    expect(found(down).find(({ index }) => index === 1500)).toMatchObject({ kind: "DROP", severity: "HIGH" });
  });

  it("finds a level that stays elsewhere, and since when", () => {
    const trend = near(found(noisy(2000, (i) => (i >= 1500 ? 8 : 0))), 1500);
    expect(trend).toMatchObject({ kind: "TREND_CHANGE", since: MONDAY + 1500 * 300 });
    expect(trend?.explanation).toMatch(
      /^The level changed from (49|50)(\.\d+)? to 5[78](\.\d+)? and has stayed there; rarer than 1 in /,
    );
  });

  it("finds what is usual, but not at this time of day", () => {
    const daily = (i: number): number => (i % DAY >= 96 && i % DAY < 216 ? 40 : 0);
    // The eleventh day has no busy hours.
    const series = noisy(14 * DAY, (i) => (i >= 10 * DAY && i < 11 * DAY ? 0 : daily(i)));
    const late = found(series).filter(({ index }) => index > 5 * DAY);
    expect(near(late, 10 * DAY + 96)).toMatchObject({ kind: "PATTERN_BREAK" });
    expect(late.filter(({ index, severity }) => severity === "HIGH" && (index < 10 * DAY || index > 12 * DAY))).toEqual(
      [],
    );
  });

  it("finds what jumps about more than it did", () => {
    const noise = gaussians(8);
    const wild = seriesOf(2000, (i) => 50 + noise() * (i < 1500 ? 1 : 6));
    const found1500 = found(wild).filter(({ index }) => index >= 1500 && index < 1520);
    expect(found1500.some(({ kind, severity }) => kind === "PATTERN_BREAK" || severity === "HIGH")).toBe(true);
    expect(found1500.some(({ kind }) => kind === "TREND_CHANGE")).toBe(false);
  });

  it("is silent about what never changes, and seldom wrong about noise", () => {
    expect(found(seriesOf(3000, () => 5))).toEqual([]);
    const wrong = Array.from({ length: 10 }, (_, seed) => found(noisy(2000, undefined, seed + 20)));
    // 70 days of a point every 5 minutes.
    expect(wrong.flat().length).toBeLessThan(45);
    expect(wrong.flat().filter(({ severity }) => severity === "HIGH").length).toBeLessThan(6);
  });

  it("tells the first that moves of what never did", () => {
    expect(found(seriesOf(500, (i) => (i === 300 ? 6 : 5)))).toMatchObject([{ index: 300, kind: "SPIKE" }]);
    expect(found(seriesOf(500, (i) => (i < 300 ? 5 : 6)))).toMatchObject([{ index: 300, kind: "TREND_CHANGE" }]);
  });

  it("says nothing where there is too little to compare with, or nothing at all", () => {
    for (const length of [0, 1, 2, 10, 60]) {
      const { findings: told, scores } = detect(
        seriesOf(length, (i) => (i === length - 1 ? 1e6 : 1)),
        { ...options, method },
      );
      expect(told).toEqual([]);
      expect(scores).toEqual(new Float64Array(length));
    }
    expect(found(seriesOf(500, () => Number.NaN))).toEqual([]);
  });

  it("has finite scores for whatever numbers come", () => {
    const noise = gaussians(12);
    const odd = [0, -0, 1e-300, 1e150, -1e150, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5];
    const series = seriesOf(1500, (i) => (i % 7 === 0 ? (odd[(i / 7) % odd.length] ?? 0) : i < 700 ? 0 : noise()));
    const { findings: told, scores } = detect(series, { ...options, method });
    expect(scores.every(Number.isFinite)).toBe(true);
    expect(told.every(({ score, confidence, pValue }) => [score, confidence, pValue].every(Number.isFinite))).toBe(
      true,
    );
  });

  it("judges each point by its past alone", () => {
    const series = noisy(1200, (i) => (i === 900 ? 15 : 0));
    const whole = detect(series, { ...options, method }).scores;
    const until = (end: number): Series => ({ times: series.times.slice(0, end), values: series.values.slice(0, end) });
    expect(detect(until(901), { ...options, method }).scores).toEqual(whole.slice(0, 901));
  });

  it("gives live what it gives for the whole", () => {
    const series = noisy(1200, (i) => (i === 900 ? 15 : 0));
    const live = createDetector({ ...options, method });
    const told = Array.from(series.times, (time, index) => live.push(time, series.values[index] ?? 0)).filter(Boolean);
    expect(told.map((finding) => finding?.index)).toEqual(found(series).map(({ index }) => index));
    expect(live.seen).toBe(1200);
  });

  it("tells more the more sensitive it is", () => {
    const series = noisy(5000);
    const counts = [0, 0.25, 0.5, 0.75, 1].map((sensitivity) => found(series, { sensitivity }).length);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts.at(-1)).toBeGreaterThan(10);
    // Beyond what can be chosen is as at its end.
    expect(found(series, { sensitivity: 7 })).toHaveLength(counts.at(-1) ?? 0);
  });
});

describe("points", () => {
  it("may be missing or irregular", () => {
    const noise = gaussians(14);
    const gappy = noisy(3000, (i) => (i % 7 < 3 ? Number.NaN : i === 2503 ? 30 : 0));
    expect(near(findings(gappy), 2503)).toMatchObject({ index: 2503, kind: "SPIKE", severity: "HIGH" });
    let time = MONDAY;
    const times = Float64Array.from({ length: 2000 }, () => (time += 60 + 900 * Math.abs(noise())));
    const values = times.map((_, index) => 50 + noise() + (index === 1500 ? 30 : 0));
    expect(near(findings({ times, values }), 1500)).toMatchObject({ index: 1500, kind: "SPIKE" });
  });

  it("that come twice, or late, are not looked at again", () => {
    const live = createDetector(options);
    live.push(100, 1);
    live.push(100, 1e9);
    live.push(50, 1e9);
    live.push(Number.NaN, 1);
    expect(live.seen).toBe(1);
    expect(live.score).toBe(0);
  });

  it("of a counter are its rate: a restart is no anomaly, a burst is", () => {
    const noise = gaussians(15);
    let total = 0;
    const counter = seriesOf(2000, (i) => {
      if (i === 1200) total = 0;
      total += 3000 + 100 * noise() + (i === 1700 ? 9000 : 0);
      return total;
    });
    const found = findings(counter, { counter: true });
    expect(found.filter(({ index }) => Math.abs(index - 1200) < 20)).toEqual([]);
    expect(near(found, 1700)).toMatchObject({ index: 1700, kind: "SPIKE", severity: "HIGH" });
    expect(near(found, 1700)?.actual).toBeCloseTo(40, -1);
  });
});

describe("bounds that are given", () => {
  it("are told when they are broken, from the first point on", () => {
    const series = seriesOf(30, (i) => (i % 15 < 3 ? 95 : 50));
    expect(findings(series, { bounds: { above: 90 } })).toMatchObject([
      { index: 0, kind: "THRESHOLD_BREACH", severity: "MEDIUM", confidence: 1, expectedHigh: 90, expectedLow: null },
      { index: 15, explanation: "95 is above the bound of 90 that was given, since 2026-11-30 01:15 UTC." },
    ]);
    expect(findings(series, { bounds: { below: 60 } })[0]).toMatchObject({ index: 3, expectedLow: 60 });
  });

  it("weigh more where the value is rare, too", () => {
    const series = noisy(1000, (i) => (i === 800 ? 45 : 0));
    const breach = near(findings(series, { bounds: { above: 90 } }), 800);
    expect(breach).toMatchObject({ index: 800, kind: "THRESHOLD_BREACH", severity: "HIGH" });
    expect(breach?.score).toBeGreaterThan(4);
  });
});

describe("an explanation", () => {
  it("says what, the expected range, how rare and since when", () => {
    const spike = near(findings(noisy(2000, (i) => (i === 1500 ? 20 : 0))), 1500);
    expect(spike?.explanation).toMatch(
      /^\d\d\.?\d* is above the usual level of this series \(expected 4\d\.?\d* to 5\d\.?\d*\), and .*; rarer than 1 in 1\d0,000 points, since 2026-12-05 05:00 UTC\.$/,
    );
  });

  it("expects nothing below 0 of what never was", () => {
    const noise = gaussians(16);
    const errors = seriesOf(1000, (i) => (i === 900 ? 400 : Math.max(0, Math.round(2 * noise()))));
    expect(near(findings(errors), 900)).toMatchObject({
      kind: "SPIKE",
      expectedLow: 0,
      expected: 0,
      deviationPercent: null,
    });
  });
});
