import { describe, expect, it } from "vitest";
import { randoms } from "../../../../test/support/series.ts";
import { Tail } from "./tail.ts";

/** A tail that has seen so many values. */
function tailOf(length: number, valueAt: (index: number) => number): Tail {
  const tail = new Tail(5000);
  for (let index = 0; index < length; index += 1) tail.rarity(valueAt(index));
  return tail;
}

describe("the rarity of a value", () => {
  it("is -log10 of the share of values as large, also where none has been", () => {
    const random = randoms(7);
    const exponential = () => -Math.log(1 - random());
    // One in 10 is above 2.3, one in 1,000 above 6.9, one in 100,000 above 11.5.
    const rarities = [2.3, 6.9, 11.5].map((value) => tailOf(4000, exponential).rarity(value));
    expect(rarities[0]).toBeCloseTo(1, 1);
    expect(Math.abs((rarities[1] ?? 0) - 3)).toBeLessThan(0.4);
    expect(Math.abs((rarities[2] ?? 0) - 5)).toBeLessThan(0.8);
  });

  it("is larger for larger values", () => {
    const random = randoms(3);
    const rarities = [0.5, 0.9, 0.99, 1.1, 2, 10].map((value) => tailOf(1000, random).rarity(value));
    expect(rarities).toEqual(rarities.toSorted((a, b) => a - b));
  });

  it("is unknown until there is something to compare with", () => {
    const tail = new Tail(100);
    expect(Array.from({ length: 60 }, (_, index) => tail.rarity(index === 30 ? 1e9 : 1))).toEqual(
      Array.from({ length: 60 }, () => 0),
    );
    expect(tail.rarity(1e12)).toBeGreaterThan(2);
  });

  it("is never more than what so few values can tell", () => {
    const random = randoms(5);
    expect(tailOf(100, random).rarity(1e9)).toBeCloseTo(4, 10);
    expect(tailOf(1000, random).rarity(1e9)).toBeCloseTo(5, 10);
  });

  it("is that of its share where the same comes back, however far it is from the rest", () => {
    const random = randoms(9);
    const daily = tailOf(2000, (index) => (index % 288 === 0 ? 50 + random() : random()));
    expect(daily.rarity(50)).toBeCloseTo(Math.log10(2001 / 8), 5);
  });

  it("is the same for equal values, and large for the first that differs", () => {
    const constant = tailOf(1000, () => 0);
    expect(constant.rarity(0)).toBe(0);
    expect(constant.rarity(1e-6)).toBeCloseTo(5, 2);
  });
});

it("names the value of a rarity", () => {
  const random = randoms(11);
  const tail = tailOf(3000, () => -Math.log(1 - random()));
  tail.rarity(0);
  for (const rarity of [1, 2, 2.8, 4]) {
    const value = tail.valueAt(rarity);
    expect(Math.abs(tail.rarity(value * (1 + 1e-9)) - rarity)).toBeLessThan(0.05);
  }
});

it("forgets", () => {
  const tail = new Tail(500);
  for (let index = 0; index < 500; index += 1) tail.rarity(100);
  for (let index = 0; index < 530; index += 1) tail.rarity((index % 100) / 100);
  expect(tail.rarity(50)).toBeGreaterThan(3);
});
