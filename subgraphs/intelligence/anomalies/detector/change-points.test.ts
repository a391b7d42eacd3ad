import { describe, expect, it } from "vitest";
import { gaussians } from "../../../../test/support/series.ts";
import { changePoints } from "./change-points.ts";
import { lastingChange } from "./lasting-change.ts";

const values = (length: number, valueAt: (index: number) => number): Float64Array =>
  Float64Array.from({ length }, (_, index) => valueAt(index));

describe("change points", () => {
  it("are where the mean changes, and nowhere in noise", () => {
    const noise = gaussians(1);
    const shifted = Array.from({ length: 30 }, () =>
      changePoints(values(500, (index) => noise() + (index < 300 ? 0 : 2))),
    );
    const still = Array.from({ length: 30 }, () => changePoints(values(500, noise)));
    expect(shifted.filter((found) => found.some((start) => Math.abs(start - 300) <= 10))).toHaveLength(30);
    expect(shifted.flat()).toHaveLength(30);
    expect(still.flat()).toHaveLength(0);
  });

  it("may be several, and of any size of numbers", () => {
    const noise = gaussians(2);
    const level = (index: number): number => (index < 100 ? 0 : index < 150 ? 9 : 4);
    const found = changePoints(values(250, (index) => 1e9 + 1e3 * (level(index) + noise())));
    expect(found).toHaveLength(2);
    expect(Math.abs((found[0] ?? 0) - 100)).toBeLessThanOrEqual(1);
    expect(Math.abs((found[1] ?? 0) - 150)).toBeLessThanOrEqual(1);
  });

  it("are seen where nothing else moves, and not in what never moves or is too short", () => {
    expect(changePoints(values(100, (index) => (index < 60 ? 5 : 6)))).toEqual([60]);
    expect(changePoints(values(100, () => 5))).toEqual([]);
    expect(changePoints(values(9, (index) => index))).toEqual([]);
    expect(changePoints(values(0, () => 5))).toEqual([]);
  });
});

describe("a lasting change", () => {
  const noise = gaussians(3);
  const stepped = values(200, (index) => (index < 150 ? 10 : 30) + noise());

  it("has levels before and after, and a start", () => {
    const change = lastingChange(stepped, 152);
    expect(change?.start).toBe(150);
    expect(Math.abs((change?.before ?? 0) - 10)).toBeLessThan(0.5);
    expect(Math.abs((change?.after ?? 0) - 30)).toBeLessThan(0.5);
  });

  it("is none before it, long after it, nor as long as it may be a spike", () => {
    expect(lastingChange(stepped, 149)).toBeNull();
    expect(lastingChange(stepped, 199)).toBeNull();
    expect(lastingChange(stepped.subarray(0, 161), 152)).toBeNull();
    expect(lastingChange(stepped.subarray(0, 162), 152)).not.toBeNull();
  });

  it("is none where values only scatter more", () => {
    const wild = values(200, (index) => (index < 150 ? 1 : 12) * noise());
    expect([150, 160, 170, 180].map((at) => lastingChange(wild, at))).toEqual([null, null, null, null]);
  });
});
