import { describe, expect, it } from "vitest";
import { probationOf, scoreOf, sigmoid } from "./nab-score.ts";

/** 100 points, of which 15 are for learning; ten are anomalous. */
const one = { length: 100, windows: [[50, 59]] } as const;
const AT_ONCE = 1;

describe("the score of the Numenta benchmark", () => {
  it("has a sigmoid that is worth all long before a window's end, and costs all long behind it", () => {
    expect(sigmoid(-1)).toBeCloseTo(0.9866, 4);
    expect(sigmoid(0)).toBe(0);
    expect(sigmoid(1)).toBeCloseTo(-0.9866, 4);
    expect(sigmoid(3.01)).toBe(-1);
  });

  it("lets learn for 15 % of a series, and for 750 points at most", () => {
    expect([probationOf(100), probationOf(1642), probationOf(5000), probationOf(22695)]).toEqual([15, 246, 750, 750]);
  });

  it("is 100 for each window found at its first point, 0 for silence", () => {
    expect(scoreOf([one], [[50]])).toEqual({
      standard: 100,
      lowFalsePositives: 100,
      lowFalseNegatives: 100,
      detected: 1,
      windows: 1,
      falseAlarms: 0,
    });
    expect(scoreOf([one], [[]])).toMatchObject({
      standard: 0,
      lowFalsePositives: 0,
      lowFalseNegatives: 0,
      detected: 0,
    });
  });

  it("counts the first alarm in a window only, the later the less", () => {
    // At the window's last point: sigmoid(-1 / 10) / sigmoid(-1) = 0.24492 / 0.98661 = 0.24825, of the span from -1 to 1.
    expect(scoreOf([one], [[59]]).standard).toBeCloseTo((100 * (0.24825 + 1)) / 2, 2);
    // From -2 to 1, where a missed window costs 2.
    expect(scoreOf([one], [[59]]).lowFalseNegatives).toBeCloseTo((100 * (0.24825 + 2)) / 3, 2);
    expect(scoreOf([one], [[50, 55, 59]]).standard).toBe(100);
  });

  it("charges a false alarm in full before any window, and long behind one", () => {
    const { standard, lowFalsePositives, lowFalseNegatives, falseAlarms } = scoreOf([one], [[20, 50]]);
    expect(standard).toBeCloseTo((100 * (AT_ONCE - 0.11 + 1)) / 2, 10);
    expect(lowFalsePositives).toBeCloseTo((100 * (AT_ONCE - 0.22 + 1)) / 2, 10);
    expect(lowFalseNegatives).toBeCloseTo((100 * (AT_ONCE - 0.11 + 2)) / 3, 10);
    expect(falseAlarms).toBe(1);
    expect(scoreOf([one], [[50, 95]]).standard).toBeCloseTo(standard, 10);
  });

  it("charges less right behind a window", () => {
    // One point behind a window that is nine steps wide: sigmoid(1 / 9) = -0.27062.
    expect(scoreOf([one], [[50, 60]]).standard).toBeCloseTo((100 * (2 - 0.11 * 0.27062)) / 2, 2);
  });

  it("measures a false alarm from the window before it, not from the next", () => {
    const two = {
      length: 200,
      windows: [
        [50, 59],
        [150, 159],
      ],
    } as const;
    const late = scoreOf([two], [[50, 149, 150]]).standard;
    expect(late).toBeCloseTo((100 * (2 - 0.11 + 2)) / 4, 10);
  });

  it("does not count what is told while learning is allowed, nor a window that is over by then", () => {
    const early = {
      length: 100,
      windows: [
        [5, 9],
        [50, 59],
      ],
    } as const;
    expect(scoreOf([early], [[3, 7, 50]])).toMatchObject({ standard: 100, windows: 1, falseAlarms: 0 });
  });

  it("counts a window that begins while learning is allowed, once it no longer is", () => {
    const across = { length: 100, windows: [[10, 19]] } as const;
    expect(scoreOf([across], [[12]])).toMatchObject({ standard: 0, windows: 1, detected: 0 });
    // Half of it is left: sigmoid(-5 / 10) / sigmoid(-1) = 0.84828 / 0.98661.
    expect(scoreOf([across], [[12, 15]]).standard).toBeCloseTo((100 * (0.8598 + 1)) / 2, 2);
  });

  it("adds up over series, also those without a window", () => {
    const none = { length: 1000, windows: [] };
    const score = scoreOf([one, one, none], [[50], [], [500]]);
    expect(score).toMatchObject({ windows: 2, detected: 1, falseAlarms: 1 });
    expect(score.standard).toBeCloseTo((100 * (1 - 0.11 - 1 + 2)) / 4, 10);
  });
});
