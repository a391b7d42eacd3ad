import { quantile, variance } from "./statistics.ts";

/** The samples a range function sees at one step: indexes [lo, hi), never empty, in the range (start, end] in milliseconds. */
export interface Window {
  times: Float64Array;
  values: Float64Array;
  lo: number;
  hi: number;
  start: number;
  end: number;
}

export type RangeFunction = (window: Window) => number | undefined;

const value = (w: Window, i: number) => w.values[i] ?? Number.NaN;
const time = (w: Window, i: number) => w.times[i] ?? Number.NaN;

/** Increase over the window, extended to its ends the way Prometheus does; a counter's resets count as restarts at zero. */
function extrapolated(counter: boolean, perSecond: boolean): RangeFunction {
  return (w) => {
    const samples = w.hi - w.lo;
    if (samples < 2) return undefined;
    const [first, last] = [value(w, w.lo), value(w, w.hi - 1)];
    let result = last - first;
    if (counter) {
      for (let i = w.lo + 1; i < w.hi; i++) {
        const before = value(w, i - 1);
        if (value(w, i) < before) result += before;
      }
    }
    const sampled = (time(w, w.hi - 1) - time(w, w.lo)) / 1000;
    const average = sampled / (samples - 1);
    const threshold = average * 1.1;
    let before = (time(w, w.lo) - w.start) / 1000;
    let after = (w.end - time(w, w.hi - 1)) / 1000;
    if (before >= threshold) before = average / 2;
    // A counter cannot have been below zero: do not extend beyond where it would have been zero.
    if (counter && result > 0 && first >= 0) before = Math.min(before, sampled * (first / result));
    if (after >= threshold) after = average / 2;
    const factor = (sampled + before + after) / sampled;
    return perSecond ? (result * factor) / ((w.end - w.start) / 1000) : result * factor;
  };
}

/** The last two samples only. */
function instantaneous(counter: boolean): RangeFunction {
  return (w) => {
    if (w.hi - w.lo < 2) return undefined;
    const [before, last] = [value(w, w.hi - 2), value(w, w.hi - 1)];
    if (!counter) return last - before;
    const seconds = (time(w, w.hi - 1) - time(w, w.hi - 2)) / 1000;
    return (last < before ? last : last - before) / seconds;
  };
}

function fold(start: (w: Window) => number, step: (sum: number, value: number) => number): RangeFunction {
  return (w) => {
    let sum = start(w);
    for (let i = w.lo; i < w.hi; i++) sum = step(sum, value(w, i));
    return sum;
  };
}

function countPairs(counts: (before: number, after: number) => boolean): RangeFunction {
  return (w) => {
    let found = 0;
    for (let i = w.lo + 1; i < w.hi; i++) if (counts(value(w, i - 1), value(w, i))) found++;
    return found;
  };
}

/** Least squares over the window: value at `at` (milliseconds) and slope per second. */
export function regression(w: Window, at: number): { intercept: number; slope: number } | undefined {
  const n = w.hi - w.lo;
  if (n < 2) return undefined;
  let [sumX, sumY, sumXY, sumXX] = [0, 0, 0, 0];
  for (let i = w.lo; i < w.hi; i++) {
    const [x, y] = [(time(w, i) - at) / 1000, value(w, i)];
    sumX += x;
    sumY += y;
    sumXY += x * y;
    sumXX += x * x;
  }
  const slope = (sumXY - (sumX * sumY) / n) / (sumXX - (sumX * sumX) / n);
  return { slope, intercept: sumY / n - (slope * sumX) / n };
}

const samplesOf = (w: Window) => w.values.subarray(w.lo, w.hi);
const sum = fold(
  () => 0,
  (total, v) => total + v,
);

/** Functions of one range vector. */
export const RANGE_FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  rate: extrapolated(true, true),
  increase: extrapolated(true, false),
  delta: extrapolated(false, false),
  irate: instantaneous(true),
  idelta: instantaneous(false),
  deriv: (w) => regression(w, time(w, w.lo))?.slope,
  changes: countPairs((before, after) => before !== after && !(Number.isNaN(before) && Number.isNaN(after))),
  resets: countPairs((before, after) => after < before),
  present_over_time: () => 1,
  avg_over_time: (w) => (sum(w) ?? 0) / (w.hi - w.lo),
  min_over_time: fold(
    (w) => value(w, w.lo),
    (least, v) => (v < least || Number.isNaN(least) ? v : least),
  ),
  max_over_time: fold(
    (w) => value(w, w.lo),
    (most, v) => (v > most || Number.isNaN(most) ? v : most),
  ),
  sum_over_time: sum,
  count_over_time: (w) => w.hi - w.lo,
  last_over_time: (w) => value(w, w.hi - 1),
  stddev_over_time: (w) => Math.sqrt(variance(samplesOf(w))),
  stdvar_over_time: (w) => variance(samplesOf(w)),
};

/** quantile_over_time for one window. */
export function windowQuantile(q: number, w: Window): number {
  return quantile(q, samplesOf(w));
}
