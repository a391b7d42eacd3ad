import { expect, it } from "vitest";
import { gaussians } from "../../../../test/support/series.ts";
import { Subspace } from "./subspace.ts";

const distances = (length: number, valueAt: (index: number) => number): number[] => {
  const model = new Subspace();
  return Array.from({ length }, (_, index) => model.distance(valueAt(index)));
};

it("learns the shapes that a series is made of, and is surprised by others", () => {
  const wave = (index: number): number => 2 * Math.sin(index / 5);
  // Of the same size, but three times as fast: no value is unusual.
  const faster = (index: number): number => (index < 1800 ? wave(index) : 2 * Math.sin(index / 1.7));
  const found = distances(2000, faster);
  const usual = Math.max(...found.slice(1000, 1800));
  expect(usual).toBeLessThan(0.5);
  expect(Math.max(...found.slice(1800, 1830))).toBeGreaterThan(2 * usual);
});

it("explains no more of noise than two shapes can", () => {
  const found = distances(3000, gaussians(4)).slice(1000);
  const mean = found.reduce((sum, each) => sum + each, 0) / found.length;
  expect(mean).toBeGreaterThan(0.8);
  expect(mean).toBeLessThan(1);
});

it("stays finite where there is nothing to learn from", () => {
  expect(distances(500, () => 0)).toEqual(Array.from({ length: 500 }, () => 0));
});
