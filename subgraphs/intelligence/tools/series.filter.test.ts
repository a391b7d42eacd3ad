import { expect, it } from "vitest";
import { reducedSeries, type ToldSeries } from "./series.filter.ts";

const BEGIN = 1_700_000_000;
const series = (name: string, values: readonly string[]): ToldSeries => ({
  cluster: "hub",
  labels: { name },
  values: values.map((value, index) => [BEGIN + index * 60, value] as const),
});
const points = (row: Readonly<Record<string, unknown>> | undefined) => row?.["points"] as [string, number][];

it("tells a series by its figures, and by few points in which no spike is lost", () => {
  const values = Array.from({ length: 1000 }, (_, index) => (index === 707 ? "99" : index === 303 ? "-7" : "1"));
  const { top, rows, lowest } = reducedSeries([series("a", values)]);
  expect(top[0]).toMatchObject({
    cluster: "hub",
    labels: { name: "a" },
    last: 1,
    min: -7,
    max: 99,
    mean: 1.09,
    samples: 1000,
  });
  expect(top[0]?.["maxAt"]).toBe(new Date((BEGIN + 707 * 60) * 1000).toISOString().replace(".000", ""));
  expect(points(top[0]).length).toBeLessThanOrEqual(12);
  expect(points(top[0]).map(([, value]) => value)).toEqual(expect.arrayContaining([99, -7]));
  expect(points(rows[0]).length).toBeGreaterThan(12);
  expect(lowest).toEqual([]);
});

it("puts the highest first, and of many tells the lowest, too", () => {
  const all = Array.from({ length: 50 }, (_, index) => series(String(index), [String(index)]));
  const { top, lowest, rows } = reducedSeries(all);
  expect(top.map(({ value }) => value)).toEqual([49, 48, 47, 46, 45, 44, 43, 42]);
  expect(lowest.map(({ value }) => value)).toEqual([0, 1, 2]);
  expect(rows).toHaveLength(50);
});

it("tells what is no number as it is, and does not count it", () => {
  const { top } = reducedSeries([series("a", ["NaN", "2", "4", "+Inf"]), series("b", ["NaN", "NaN"]), series("c", [])]);
  expect(top[0]).toMatchObject({ last: "+Inf", min: 2, max: 4, mean: 3, samples: 4 });
  expect(top[1]).toMatchObject({ last: "NaN", min: null, max: null, mean: null, maxAt: null });
  expect(top[2]).toMatchObject({ value: null, at: null });
});
