import { changePoints } from "./change-points.ts";

/** What is over after fewer points was a spike. */
const LASTS_POINTS = 12;
/** A change that is longer ago is not what is rare now. */
const MOST_POINTS_AGO = 48;
/** Levels differ where they are farther apart than this many median deviations of either. */
const DEVIATIONS = 2;

/** A change of level that has lasted: where it began, and the medians before and after. */
export interface LastingChange {
  start: number;
  before: number;
  after: number;
}

/** The change after which this point is, if it is recent and has lasted. */
export function lastingChange(values: Float64Array, at: number): LastingChange | null {
  const starts = [0, ...changePoints(values), values.length];
  const segment = starts.findLastIndex((start) => start <= at);
  const [previous, start, end] = [starts[segment - 1], starts[segment], starts[segment + 1]];
  if (previous === undefined || start === undefined || end === undefined) return null;
  if (end - start < LASTS_POINTS || at - start > MOST_POINTS_AGO) return null;
  const [old, now] = [levelOf(values.subarray(previous, start)), levelOf(values.subarray(start, end))];
  const differ = Math.abs(now.median - old.median) > DEVIATIONS * Math.max(old.deviation, now.deviation);
  return differ ? { start, before: old.median, after: now.median } : null;
}

function levelOf(values: Float64Array): { median: number; deviation: number } {
  const median = medianOf(values);
  return { median, deviation: medianOf(values.map((value) => Math.abs(value - median))) };
}

const medianOf = (values: Float64Array): number => values.toSorted()[values.length >>> 1] ?? Number.NaN;
