import { expect, it } from "vitest";
import { gaussians, MONDAY, seriesOf } from "../../../../test/support/series.ts";
import { Forecast } from "./forecast.ts";

/** The mean error of the last points. */
function errorOf(length: number, valueAt: (index: number) => number, last: number): number {
  const forecast = new Forecast(300);
  const { times, values } = seriesOf(length, valueAt);
  const errors = Array.from(values, (value, index) =>
    Math.abs(value - forecast.step(times[index] ?? MONDAY, value).next),
  );
  return errors.slice(-last).reduce((sum, error) => sum + error, 0) / last;
}

it("follows what does not change, what grows, and what comes back each day", () => {
  expect(errorOf(100, () => 7, 50)).toBe(0);
  expect(errorOf(500, (index) => 3 * index, 50)).toBeLessThan(0.1);
  // A jump at 8 and at 18 o'clock: only who knows the time of day expects it.
  const jumps = (index: number): number => (index % 288 >= 96 && index % 288 < 216 ? 80 : 20);
  expect(errorOf(288 * 6, jumps, 288)).toBeLessThan(0.5);
});

it("does not run after noise", () => {
  const noise = gaussians(2);
  // The best that can be: the mean deviation of noise from its mean, 0.8.
  expect(errorOf(2000, () => 50 + noise(), 1000)).toBeLessThan(0.9);
});

it("knows no season on the first day", () => {
  const forecast = new Forecast(300);
  expect(forecast.step(MONDAY, 5)).toEqual({ next: 5, season: null });
});
