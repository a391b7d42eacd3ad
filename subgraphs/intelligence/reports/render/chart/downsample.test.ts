import { describe, expect, it } from "vitest";
import type { Point } from "../../model/chart.ts";
import { downsampled } from "./downsample.ts";

const points = (count: number, value: (i: number) => number | null): Point[] =>
  Array.from({ length: count }, (_, i) => [i, value(i)]);

describe("fewer points", () => {
  it("are those that there are, where they fit", () => {
    const few = points(300, (i) => i);
    expect(downsampled(few)).toBe(few);
  });

  it("keep every spike and every drop, in the order of time", () => {
    const spiky = points(11_000, (i) => (i === 5000 ? 99 : i === 7000 ? -99 : Math.sin(i)));
    const shown = downsampled(spiky);
    expect(shown.length).toBeLessThanOrEqual(300);
    expect(shown).toContainEqual([5000, 99]);
    expect(shown).toContainEqual([7000, -99]);
    expect(shown.map(([time]) => time)).toEqual(shown.map(([time]) => time).toSorted((a, b) => a - b));
  });

  it("keep holes", () => {
    const shown = downsampled(points(3000, (i) => (i >= 1000 && i < 2000 ? null : 1)));
    expect(shown.filter(([, value]) => value === null).length).toBeGreaterThan(20);
    expect(downsampled(points(3000, () => null)).every(([, value]) => value === null)).toBe(true);
  });
});
