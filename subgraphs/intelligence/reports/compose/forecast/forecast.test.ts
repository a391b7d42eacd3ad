import { describe, expect, it } from "vitest";
import type { Point } from "../../model/chart.ts";
import { outlookOf } from "./forecast.ts";

const HOUR = 3_600_000;
const END = Date.parse("2026-11-23T12:00:00Z");

/** Numbers that look random and are the same each time (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Hours up to the end, valued by how many days before the end they are. */
const hours = (count: number, value: (day: number, hour: number) => number | null): Point[] =>
  Array.from({ length: count }, (_, i) => {
    const hour = i - count + 1;
    return [END + hour * HOUR, value(hour / 24, hour)];
  });

const outlook = (points: readonly Point[], horizon = 30) => outlookOf(points, END, horizon);

describe("a forecast", () => {
  it("finds the day that a straight line is full", () => {
    const { status, perDay, daysToFull, level } = outlook(hours(168, (day) => 0.8 + 0.01 * day));
    expect(status).toBe("FILLING");
    expect(perDay?.value).toBeCloseTo(0.01, 6);
    expect(level).toBeCloseTo(0.8, 6);
    expect(daysToFull?.expected).toBeCloseTo(20, 3);
    expect(daysToFull?.soonest).toBeCloseTo(20, 3);
    expect(daysToFull?.latest).toBeCloseTo(20, 3);
  });

  it("is full at its daily peak, and not deceived by the rhythm", () => {
    const rhythm = (hour: number) => 0.1 * Math.sin((hour / 24) * 2 * Math.PI);
    const { perDay, daysToFull, level } = outlook(hours(168, (day, hour) => 0.7 + 0.01 * day + rhythm(hour)));
    expect(perDay?.value).toBeCloseTo(0.01, 4);
    expect(level).toBeCloseTo(0.8, 2);
    expect(daysToFull?.expected).toBeGreaterThan(19);
    expect(daysToFull?.expected).toBeLessThan(21.5);
    expect(outlook(hours(60, (_, hour) => 0.7 + rhythm(hour))).status).toBe("NOT_FILLING");
  });

  it("is not moved by wild values, nor by holes", () => {
    const wild = hours(168, (day, hour) => (hour % 7 === 0 ? 0.05 : hour % 11 === 0 ? null : 0.8 + 0.01 * day));
    const { status, daysToFull } = outlook(wild);
    expect(status).toBe("FILLING");
    expect(daysToFull?.expected).toBeGreaterThan(18);
    expect(daysToFull?.expected).toBeLessThan(22);
  });

  it("does not call noise a trend", () => {
    const filling = Array.from({ length: 60 }, (_, seed) => {
      const noise = random(seed);
      return outlook(hours(168, () => 0.5 + 0.1 * (noise() - 0.5))).status;
    }).filter((status) => status === "FILLING");
    // One side of 90 %: three of sixty by chance, and some more for luck.
    expect(filling.length).toBeLessThanOrEqual(7);
  });

  it("has the true slope in its interval, of values that stick together too", () => {
    const covered = Array.from({ length: 60 }, (_, seed) => {
      const noise = random(1000 + seed);
      let drift = 0;
      const { perDay } = outlook(
        hours(336, (day) => {
          drift = 0.8 * drift + 0.02 * (noise() - 0.5);
          return 0.6 + 0.005 * day + drift;
        }),
      );
      return perDay !== null && perDay.low <= 0.005 && 0.005 <= perDay.high;
    }).filter(Boolean);
    expect(covered.length).toBeGreaterThanOrEqual(51);
  });

  it("has what comes later in its band", () => {
    let inside = 0;
    let all = 0;
    for (let seed = 0; seed < 40; seed += 1) {
      const noise = random(500 + seed);
      const value = (day: number) => 0.5 + 0.004 * day + 0.04 * (noise() - 0.5);
      const { expected } = outlook(hours(168, value), 7);
      for (const [time, low, , high] of expected) {
        all += 1;
        const then = value((time - END) / (24 * HOUR));
        // The band is that of the daily peak, and this has no rhythm but what noise looks like.
        if (low - 0.02 <= then && then <= high) inside += 1;
      }
    }
    expect(inside / all).toBeGreaterThan(0.9);
  });

  it("says what it cannot say", () => {
    expect(outlook([])).toMatchObject({ status: "UNKNOWN", reason: "nothing was measured", daysToFull: null });
    expect(outlook(hours(168, () => null)).reason).toBe("nothing was measured");
    expect(outlook(hours(10, () => 0.5)).reason).toBe("only 10 of at least 24 points were measured");
    const minutes = hours(100, () => 0.5).map(([time, value]): Point => [END - (END - time) / 60, value]);
    expect(outlook(minutes).reason).toBe("only 1.7 hours were measured, and it takes a day");
    expect(outlook(hours(168, () => Number.NaN)).status).toBe("UNKNOWN");
  });

  it("tells what is full, what is constant and what empties", () => {
    expect(outlook(hours(168, () => 1))).toMatchObject({ status: "FULL", daysToFull: { expected: 0 } });
    expect(outlook(hours(168, () => 0.4))).toMatchObject({ status: "NOT_FILLING", daysToFull: null });
    expect(outlook(hours(168, (day) => 0.5 - 0.01 * day)).status).toBe("NOT_FILLING");
  });

  it("is the same for the same points, of a month and of minutes, and in a moment", () => {
    const month = hours(720, (day, hour) => 0.6 + 0.004 * day + 0.05 * Math.sin(hour / 4));
    const dense = Array.from({ length: 11_000 }, (_, i): Point => [END - (11_000 - i) * 15_000, 0.5 + i * 1e-5]);
    const start = performance.now();
    expect(outlook(month)).toEqual(outlook(month));
    expect(outlook(dense).status).toBe("FILLING");
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
