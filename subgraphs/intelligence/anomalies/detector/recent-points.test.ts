import { expect, it } from "vitest";
import { RecentPoints } from "./recent-points.ts";

it("keeps the last 256 points, oldest first", () => {
  const recent = new RecentPoints();
  expect(recent.values).toHaveLength(0);
  for (let index = 0; index < 3; index += 1) recent.add(index, 10 * index);
  expect([...recent.values]).toEqual([0, 10, 20]);
  for (let index = 3; index < 1000; index += 1) recent.add(index, 10 * index);
  expect([...recent.times]).toEqual(Array.from({ length: 256 }, (_, index) => 744 + index));
  expect(recent.values.at(-1)).toBe(9990);
});
