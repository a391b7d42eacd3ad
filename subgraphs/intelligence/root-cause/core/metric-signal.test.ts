import { describe, expect, it } from "vitest";
import { metricFindings } from "./metric-signal.ts";
import type { Case, MetricSignal } from "./model.ts";

const MINUTE = 60_000;
const NOTHING: Case = {
  onset: 20 * MINUTE,
  windowSeconds: 240,
  history: [],
  metrics: [],
  logs: [],
  spans: [],
  events: [],
  alerts: [],
  changes: [],
  topology: [],
  gaps: [],
};

/** A point a minute; the last four are in the window. */
const series = (values: readonly number[], more: Partial<MetricSignal> = {}): MetricSignal => ({
  entity: { kind: "POD", namespace: "shop", name: "pay" },
  metric: "cpu",
  polarity: "UP",
  query: "q",
  points: values.map((value, at) => ({ time: (at + 24 - values.length) * MINUTE, value })),
  ...more,
});
const zOf = (...metrics: MetricSignal[]): number => metricFindings({ ...NOTHING, metrics })[0]?.z ?? 0;
const calm = Array.from({ length: 20 }, (_, at) => 10 + (at % 3));

describe("a resource", () => {
  it("is judged by which way is bad", () => {
    const up = [...calm, 11, 90, 90, 11];
    const down = [...calm, 11, 0, 0, 11];
    expect(zOf(series(up))).toBeGreaterThan(5);
    expect(zOf(series(down))).toBe(0);
    expect(zOf(series(down, { polarity: "DOWN" }))).toBeGreaterThan(2);
    expect(zOf(series(up, { polarity: "DOWN" }))).toBe(0);
    expect(zOf(series(up, { polarity: "BOTH" }))).toBeGreaterThan(5);
  });

  it("that does as much every now and then has done nothing new", () => {
    const spiky = Array.from({ length: 20 }, (_, at) => (at % 4 === 1 ? 90 : 10 + (at % 3)));
    expect(zOf(series([...spiky, 11, 90, 10, 11]))).toBeLessThan(1);
  });

  it("at its limit is broken, however usual that is", () => {
    expect(
      zOf(
        series(
          Array.from({ length: 24 }, () => 1),
          { limit: 1 },
        ),
      ),
    ).toBe(8);
    expect(
      zOf(
        series(
          Array.from({ length: 24 }, () => -5),
          { limit: 0, polarity: "DOWN" },
        ),
      ),
    ).toBe(8);
    expect(zOf(series([1], { limit: 1 }))).toBe(8);
  });

  it("that has come near its limit stands out, and one that always was there does not", () => {
    const near = (usual: number): number =>
      zOf(series([...calm.map(() => usual), 95, 95, 95, 95], { limit: 100, metric: "memory" }), wide);
    const wide = series([...calm.map((value) => value * 50), 500, 500, 500, 500], { metric: "memory" });
    expect(near(60)).toBe(4);
    expect(near(94)).toBeLessThan(1);
  });

  it("that moves less than others usually do is no news, however still it was", () => {
    const still = series([...calm.map(() => 0.1), 0.1, 0.9, 0.9, 0.1]);
    const lively = series(Array.from({ length: 24 }, (_, at) => (at * 37) % 29));
    expect(zOf(still)).toBeGreaterThan(5);
    expect(zOf(still, lively, lively)).toBeLessThan(1);
  });

  it("with two points before is not judged by them as by twenty", () => {
    const zAfter = (points: number): number =>
      zOf(series([...Array.from({ length: points }, () => 10), 90, 90, 90, 90]));
    expect(zAfter(2)).toBeLessThan(zAfter(20) / 1.5);
  });

  it("without points of the time is not judged", () => {
    expect(metricFindings({ ...NOTHING, metrics: [series([]), series([Number.NaN, Number.NaN])] })).toEqual([]);
  });
});
