import { expect, it } from "vitest";
import { STANDS_OUT } from "./finding.ts";
import { changesOf, type Habit } from "./habits.ts";

/** Ten requests in each of ten stretches and twenty in the window; of one feature, those of each that had it. */
const changeOf = (before: readonly number[], now: number): { z: number; expected: number } | undefined => {
  const habit: Habit = {
    entity: "pay",
    operation: 0,
    visits: Float64Array.from([...before.map(() => 10), 20]),
    counts: new Map([[1, Float64Array.from([...before, now])]]),
  };
  return changesOf(habit)[0];
};
const often = (length: number, value: number): number[] => Array.from({ length }, () => value);

it("a change of all requests is more than one of a few", () => {
  const [all, few] = [changeOf(often(10, 0), 20), changeOf(often(10, 0), 4)];
  expect(all?.z).toBeGreaterThan(5);
  expect(few?.z).toBeGreaterThan(0);
  // A fifth as many requests: were it for the statistic alone, a third as much.
  expect(few?.z).toBeLessThan((all?.z ?? 0) / 8);
});

it("what is missing has the other sign", () => {
  expect(changeOf(often(10, 10), 0)?.z).toBeLessThan(-5);
});

it("earlier faults in the history neither are usual nor hide the next", () => {
  const repeated = changeOf([...often(8, 0), 10, 10], 20);
  expect(repeated).toMatchObject({ expected: 0 });
  expect(repeated?.z).toBeGreaterThan(5);
});

it("what comes and goes does not stand out", () => {
  expect(Math.abs(changeOf([0, 9, 1, 10, 0, 8, 2, 9, 1, 10], 20)?.z ?? 0)).toBeLessThan(STANDS_OUT);
});

it("what is as usual is no change, nor what nothing is known of", () => {
  expect(changeOf(often(10, 5), 10)).toBeUndefined();
  expect(changeOf([], 20)).toBeUndefined();
});
