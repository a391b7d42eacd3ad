import { describe, expect, it } from "vitest";
import { MONDAY } from "../../../../test/support/series.ts";
import { Season } from "./season.ts";
import { SeasonalMedian } from "./seasonal-median.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const daily = { seconds: DAY, bins: 288, keeps: 14, around: 1, least: 3 };

describe("what is usual at a time of day", () => {
  it("is the median of the last days", () => {
    const usual = new SeasonalMedian(HOUR, { ...daily, around: 0 });
    expect(usual.at(MONDAY)).toBeNull();
    for (const [day, value] of [10, 12, 500].entries()) usual.add(MONDAY + day * DAY, value);
    expect(usual.at(MONDAY + 3 * DAY)).toBe(12);
    expect(usual.at(MONDAY + 3 * DAY + HOUR)).toBeNull();
  });

  it("asks the hours before and after, too, also around midnight", () => {
    const usual = new SeasonalMedian(HOUR, daily);
    usual.add(MONDAY - HOUR, 1);
    usual.add(MONDAY, 2);
    usual.add(MONDAY + HOUR, 3);
    expect(usual.at(MONDAY + DAY)).toBe(2);
  });

  it("forgets what is long ago", () => {
    const usual = new SeasonalMedian(HOUR, { ...daily, around: 0, keeps: 5 });
    for (let day = 0; day < 20; day += 1) usual.add(MONDAY + day * DAY, day < 15 ? 1 : 9);
    expect(usual.at(MONDAY + 20 * DAY)).toBe(9);
  });

  it("counts a day once where points are finer than its parts, and not before it is over", () => {
    const usual = new SeasonalMedian(60, { ...daily, bins: 24, around: 0, least: 1 });
    for (let minute = 0; minute < 60; minute += 1) usual.add(MONDAY + minute * 60, minute);
    expect(usual.at(MONDAY + 59 * 60)).toBeNull();
    expect(usual.at(MONDAY + DAY)).toBe(29.5);
  });

  it("has one part where points are a day apart", () => {
    const usual = new SeasonalMedian(DAY, daily);
    for (let day = 0; day < 5; day += 1) usual.add(MONDAY + day * DAY, day);
    expect(usual.at(MONDAY + 5 * DAY)).toBe(2);
  });
});

describe("the season", () => {
  /** Busy by day, but for the weekend. */
  const busy = (time: number): number => {
    const day = Math.floor(((time - MONDAY) % (7 * DAY)) / DAY);
    const hour = (time % DAY) / HOUR;
    return day < 5 && hour >= 8 && hour < 18 ? 100 : 10;
  };

  it("is of the day at first, and of the week once that is nearer", () => {
    const season = new Season(HOUR);
    const noons: (number | null)[] = [];
    for (let hour = 0; hour < 6 * 7 * 24; hour += 1) {
      const time = MONDAY + hour * HOUR;
      const usual = season.step(time, busy(time));
      if (hour % 24 === 12) noons.push(usual);
    }
    expect(noons[0]).toBeNull();
    // The first Saturday is expected to be a day like others; the last is not.
    expect(noons[5]).toBe(100);
    expect(noons.slice(-7)).toEqual([100, 100, 100, 100, 100, 10, 10]);
  });
});
