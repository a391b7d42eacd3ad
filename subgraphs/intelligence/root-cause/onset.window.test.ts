import { expect, it } from "vitest";
import type { MetricSignal } from "./core/index.ts";
import { refinedOnset } from "./onset.window.ts";

const MINUTE = 60_000;
const EARLIEST = 120 * MINUTE;
const LATEST = 135 * MINUTE;

/** A value for each of 140 minutes. */
const signal = (at: (minute: number) => number, more: Partial<MetricSignal> = {}): MetricSignal => ({
  entity: { kind: "NODE", namespace: null, name: "n" },
  metric: "cpu",
  polarity: "UP",
  query: "q",
  points: Array.from({ length: 140 }, (_, minute) => ({ time: minute * MINUTE, value: at(minute) })),
  ...more,
});
const calm = signal((minute) => 1 + 0.1 * (minute % 3));
const onset = (...signals: MetricSignal[]) => refinedOnset(signals, { earliest: EARLIEST, latest: LATEST }) / MINUTE;

it("is a step before what stands out most began to", () => {
  expect(
    onset(
      calm,
      signal((minute) => (minute >= 127 ? 9 : 1)),
    ),
  ).toBe(126);
});

it("is a step before it showed, where nothing stands out", () => {
  expect(onset(calm)).toBe(134);
  expect(onset()).toBe(134);
});

it("is not moved by a single point, by what was always so, or by what gets better", () => {
  const spike = signal((minute) => (minute === 122 ? 9 : 1));
  const always = signal((minute) => (minute % 2 === 0 ? 9 : 1));
  const better = signal((minute) => (minute >= 122 ? -9 : 1));
  expect(onset(spike, always, better)).toBe(134);
  expect(onset(signal((minute) => (minute >= 122 ? -9 : 1), { polarity: "DOWN" }))).toBe(121);
});

it("is not moved by a difference that matters to nobody", () => {
  expect(onset(signal((minute) => (minute >= 122 ? 0.01 : 0), { floor: 0.1 }))).toBe(134);
});

it("lies within its bounds, and needs a history", () => {
  expect(onset(signal((minute) => (minute >= 120 ? 9 : 1)))).toBe(120);
  const young = signal((minute) => minute);
  expect(onset({ ...young, points: young.points.slice(115) })).toBe(134);
});
