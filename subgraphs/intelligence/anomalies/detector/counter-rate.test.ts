import { expect, it } from "vitest";
import { counterRate } from "./counter-rate.ts";

const rate = (times: number[], values: number[]): number[] =>
  Array.from(counterRate(Float64Array.from(times), Float64Array.from(values)));

it("is how much a counter grows a second, by how long ago the last point was", () => {
  expect(rate([0, 10, 40], [100, 150, 180])).toEqual([Number.NaN, 5, 1]);
});

it("is unknown over a restart, and not a drop", () => {
  expect(rate([0, 10, 20, 30], [100, 150, 20, 70])).toEqual([Number.NaN, 5, Number.NaN, 5]);
});

it("looks over gaps, and past points that came twice", () => {
  expect(rate([0, 10, 20, 20, 30], [100, Number.NaN, 200, 200, 250])).toEqual([
    Number.NaN,
    Number.NaN,
    5,
    Number.NaN,
    5,
  ]);
});

it("of nothing is nothing", () => {
  expect(rate([], [])).toEqual([]);
});
