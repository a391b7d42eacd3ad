import { expect, it } from "vitest";
import { randoms } from "../../../../test/support/series.ts";
import { OrderedWindow } from "./ordered-window.ts";

it("keeps the last values in order, whatever comes and goes", () => {
  const window = new OrderedWindow(7);
  const random = randoms(1);
  const all: number[] = [];
  for (let turn = 0; turn < 500; turn += 1) {
    // Few different values, so that equal ones come and go.
    const value = Math.floor(random() * 5);
    window.add(value);
    all.push(value);
    const last = all.slice(-7).sort((a, b) => a - b);
    expect(Array.from({ length: window.size }, (_, rank) => window.at(rank))).toEqual(last);
    expect(window.rankOf(3)).toBe(last.filter((each) => each < 3).length);
  }
});

it("holds as many as it was made for", () => {
  const window = new OrderedWindow(1000);
  for (let value = 0; value < 2500; value += 1) window.add(value);
  expect([window.size, window.at(0), window.at(999)]).toEqual([1000, 1500, 2499]);
});

it("gives quantiles between values", () => {
  const window = new OrderedWindow(10);
  for (const value of [4, 1, 3, 2]) window.add(value);
  expect([0, 0.5, 0.9, 1].map((q) => window.quantile(q))).toEqual([1, 2.5, 3.7, 4]);
});

it("knows no value where there is none", () => {
  const window = new OrderedWindow(3);
  expect(window.at(0)).toBeNaN();
  expect(window.quantile(0.5)).toBeNaN();
});
