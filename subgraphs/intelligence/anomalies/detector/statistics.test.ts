import { expect, it } from "vitest";
import { gaussians, MONDAY } from "../../../../test/support/series.ts";
import { type Distance, Statistics } from "./statistics.ts";

/** What is said of the last of these values, a point every 5 minutes. */
function lastOf(values: readonly number[], learns = false): Map<string, Distance> {
  const statistics = new Statistics({ stepSeconds: 300, learns });
  const looks = values.map((value, index) => statistics.look(MONDAY + index * 300, value));
  return new Map(looks.at(-1)?.map((distance) => [distance.name, distance]));
}
const repeat = (length: number, valueAt: (index: number) => number): number[] =>
  Array.from({ length }, (_, index) => valueAt(index));

it("has no season on the first day, and a model only where one is learned", () => {
  const names = (length: number, learns: boolean): string[] =>
    [...lastOf(repeat(length, Number), learns).keys()].sort();
  expect(names(1, false)).toEqual(["dispersion", "level", "range", "shift"]);
  expect(names(286, false)).not.toContain("season");
  expect(names(600, true)).toEqual(["dispersion", "level", "model", "range", "season", "shift"]);
});

it("measures from the median, beyond the range, and from the means of late", () => {
  const last = lastOf([...repeat(210, (index) => 40 + (index % 21)), 80]);
  expect(last.get("level")).toMatchObject({ distance: 30, subject: 80, low: 50 });
  // The range goes from 40 to 60, and 80 is as far beyond.
  expect(last.get("range")).toMatchObject({ distance: 1, low: 40, high: 60 });
  expect(last.get("shift")?.distance).toBeCloseTo(
    Math.abs((last.get("shift")?.subject ?? 0) - (last.get("shift")?.low ?? 0)),
  );
});

it("measures the range of a series that never moved by its level", () => {
  expect(lastOf([...repeat(100, () => 50), 75]).get("range")?.distance).toBe(0.5);
  expect(lastOf([...repeat(100, () => 0), 3]).get("range")?.distance).toBe(3);
});

it("takes the noise of floating point for nothing", () => {
  const last = lastOf([...repeat(100, () => 0.3), 0.1 + 0.2]);
  expect(last.get("level")?.distance).toBe(0);
});

it("has a dispersion that one bad forecast does not raise, and many do", () => {
  const noise = gaussians(1);
  const calm = repeat(400, () => 50 + noise());
  const usual = lastOf(calm).get("dispersion")?.distance ?? 0;
  expect(lastOf([...calm, 90]).get("dispersion")?.distance).toBeLessThan(2 * usual + 1);
  expect(lastOf([...calm, 90, 20, 80, 10, 90, 20]).get("dispersion")?.distance).toBeGreaterThan(10 * usual);
});

it("expects nothing below 0 of what never was", () => {
  const floorOf = (values: number[]): number => {
    const statistics = new Statistics({ stepSeconds: 300, learns: false });
    for (const [index, value] of values.entries()) statistics.look(MONDAY + index * 300, value);
    return statistics.floor;
  };
  expect([floorOf([0, 3]), floorOf([-1, 3])]).toEqual([0, Number.NEGATIVE_INFINITY]);
});
