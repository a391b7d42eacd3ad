const LEAST_SEGMENT = 5;
/** A normal value's median absolute first difference is this many standard deviations. */
const DIFFERENCE_OF_NORMAL = 0.954;
const PENALTY = 3;

/**
 * Where the mean changes for good: the starts of segments, by PELT (exact, and linear where changes are), with squared error over
 * the noise of neighbours as the cost.
 */
export function changePoints(values: Float64Array): number[] {
  const noise = noiseOf(values);
  if (values.length < 2 * LEAST_SEGMENT || noise === 0) return [];
  const cost = costOf(values, noise);
  const penalty = PENALTY * Math.log(values.length);
  const best = new Float64Array(values.length + 1);
  const startOf = new Int32Array(values.length + 1);
  best[0] = -penalty;
  let starts = [0];
  for (let end = LEAST_SEGMENT; end <= values.length; end += 1) {
    const totals = starts.map((start) => (best[start] ?? 0) + cost(start, end));
    const least = Math.min(...totals);
    best[end] = least + penalty;
    startOf[end] = starts[totals.indexOf(least)] ?? 0;
    // A start that is behind now stays behind.
    starts = starts.filter((_, index) => (totals[index] ?? 0) <= least + penalty);
    if (end >= 2 * LEAST_SEGMENT - 1) starts.push(end + 1 - LEAST_SEGMENT);
  }
  const found: number[] = [];
  for (let end = values.length; end > 0; end = startOf[end] ?? 0) found.unshift(startOf[end] ?? 0);
  return found.slice(1);
}

/** The squared error of a segment around its mean, from running sums. */
function costOf(values: Float64Array, noise: number): (start: number, end: number) => number {
  const sums = new Float64Array(values.length + 1);
  const squares = new Float64Array(values.length + 1);
  // Around the first value, for large values with small changes.
  const origin = values[0] ?? 0;
  for (const [index, value] of values.entries()) {
    const scaled = (value - origin) / noise;
    sums[index + 1] = (sums[index] ?? 0) + scaled;
    squares[index + 1] = (squares[index] ?? 0) + scaled * scaled;
  }
  return (start, end) => {
    const sum = (sums[end] ?? 0) - (sums[start] ?? 0);
    return (squares[end] ?? 0) - (squares[start] ?? 0) - (sum * sum) / (end - start);
  };
}

/** Where most neighbours are equal, the mean difference: it is 0 of a constant series only. */
function noiseOf(values: Float64Array): number {
  const differences = values.subarray(1).map((value, index) => Math.abs(value - (values[index] ?? value)));
  const sorted = differences.toSorted();
  const median = sorted[sorted.length >>> 1] ?? 0;
  const mean = differences.reduce((sum, each) => sum + each, 0) / Math.max(1, differences.length);
  return median > 0 ? median / DIFFERENCE_OF_NORMAL : mean;
}
