import { describe, expect, it } from "vitest";
import { calibrated, median, shareDifference, weightedMedian } from "./statistics.ts";

describe("the weighted median", () => {
  it("is the value that half of the weight lies below", () => {
    const values = [
      { value: 9, weight: 1 },
      { value: 1, weight: 5 },
      { value: 3, weight: 2 },
    ];
    expect(weightedMedian(values)).toBe(1);
    expect(weightedMedian([...values, { value: 4, weight: 6 }])).toBe(3);
  });

  it("is nothing without weight", () => {
    expect(weightedMedian([])).toBeNaN();
    expect(weightedMedian([{ value: 1, weight: 0 }])).toBeNaN();
    expect(median([])).toBeNaN();
  });
});

describe("the difference of shares", () => {
  it("is the root of the G statistic, with the sign of the change", () => {
    // 2 (10 ln 2 + 10 ln 2) = 27.7
    expect(shareDifference(10, 10, 0, 10) ** 2).toBeCloseTo(40 * Math.LN2);
    expect(shareDifference(0, 10, 10, 10)).toBeCloseTo(-Math.sqrt(40 * Math.LN2));
  });

  it("is nothing where nothing differs, or nothing is known", () => {
    expect([
      shareDifference(3, 10, 30, 100),
      shareDifference(0, 10, 0, 10),
      shareDifference(10, 10, 10, 10),
      shareDifference(0, 0, 5, 10),
      shareDifference(5, 10, 0, 0),
    ]).toEqual([0, 0, 0, 0, 0]);
  });
});

describe("a calibrated deviation", () => {
  it("counts for less where as much is seen every day", () => {
    expect(calibrated(6, [0, 0, 0, 0, 0])).toBe(6);
    expect(calibrated(6, [1, 2, 6, 5, 3, 6, 7])).toBeLessThan(1.5);
  });

  it("is not hidden by a few earlier faults", () => {
    const quiet = Array.from({ length: 16 }, () => 0);
    expect(calibrated(6, [...quiet, 6, 6, 6, 6])).toBe(6);
  });

  it("is as it is without much of a history", () => {
    expect(calibrated(6, [9, 9, 9])).toBe(6);
  });
});
