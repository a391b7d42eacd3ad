import { expect, it } from "vitest";
import { framesOf } from "./frames.ts";

const MINUTE = 60_000;

it("cuts the history into minutes, and ends with the window", () => {
  const { ranges, window, indexOf } = framesOf({
    onset: 10 * MINUTE,
    windowSeconds: 240,
    history: [
      { start: 8 * MINUTE, end: 12 * MINUTE },
      { start: 0, end: 3 * MINUTE },
      { start: 2 * MINUTE, end: 4 * MINUTE },
    ],
  });
  expect(ranges.map(({ start, end }) => [start / MINUTE, end / MINUTE])).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
    [8, 9],
    [9, 10],
    [10, 14],
  ]);
  expect(window).toBe(6);
  expect([-1, 0, 3.5, 5, 9.9, 10, 13.9, 14].map((minutes) => indexOf(minutes * MINUTE))).toEqual([
    -1, 0, 3, -1, 5, 6, 6, -1,
  ]);
});

it("is bounded: a long history is cut into longer stretches", () => {
  const { ranges } = framesOf({
    onset: 7 * 1440 * MINUTE,
    windowSeconds: 60,
    history: [{ start: 0, end: 7 * 1440 * MINUTE }],
  });
  expect(ranges.length).toBe(241);
});

it("is the window alone without a history", () => {
  expect(
    framesOf({
      onset: 5,
      windowSeconds: 1,
      history: [
        { start: 6, end: 9 },
        { start: 3, end: 3 },
      ],
    }).ranges,
  ).toEqual([{ start: 5, end: 1005 }]);
});
