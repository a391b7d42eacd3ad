import { expect, it } from "vitest";
import { Bounds } from "./bounds.ts";

const broken = (bounds: { above?: number; below?: number }, values: number[]): (number | null)[] => {
  const watched = new Bounds(bounds);
  return values.map((value) => watched.broken(value));
};

it("tells when a series goes beyond, also at its first point, and not while it stays there", () => {
  expect(broken({ above: 90, below: 10 }, [95, 99, 50, 50, 50, 50, 50, 5, 4])).toEqual([
    90,
    null,
    null,
    null,
    null,
    null,
    null,
    10,
    null,
  ]);
});

it("does not tell each time of one that flutters around its bound", () => {
  expect(broken({ above: 90 }, [91, 89, 91, 89, 89, 91]).filter((bound) => bound !== null)).toEqual([90]);
});

it("is not broken by what is on it, and never where none is given", () => {
  expect(broken({ above: 90, below: 10 }, [90, 10])).toEqual([null, null]);
  expect(broken({}, [-1e300, 1e300])).toEqual([null, null]);
});
