/** Of values already sorted, by linear interpolation; NaN of none. */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

export const sorted = (values: Iterable<number>): Float64Array => Float64Array.from(values).sort();

export const median = (values: Iterable<number>): number => quantileOfSorted(sorted(values), 0.5);

export interface Weighted {
  readonly value: number;
  readonly weight: number;
}

/** The value that half of the weight lies below; NaN of none. */
export function weightedMedian(items: readonly Weighted[]): number {
  const byValue = items.filter(({ weight }) => weight > 0).sort((a, b) => a.value - b.value);
  const half = byValue.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let below = 0;
  for (const { value, weight } of byValue) {
    below += weight;
    if (below >= half) return value;
  }
  return Number.NaN;
}

const term = (seen: number, expected: number): number => (seen > 0 ? seen * Math.log(seen / expected) : 0);

/** How surely two shares differ: the signed root of the G statistic of `a` of `n` against `b` of `m`. Positive where the first is larger. */
export function shareDifference(a: number, n: number, b: number, m: number): number {
  if (n <= 0 || m <= 0) return 0;
  const share = (a + b) / (n + m);
  if (share <= 0 || share >= 1) return 0;
  const g = term(a, n * share) + term(n - a, n * (1 - share)) + term(b, m * share) + term(m - b, m * (1 - share));
  const root = Math.sqrt(Math.max(0, 2 * g));
  return a / n >= b / m ? root : -root;
}

const LEAST_OWN = 4;

/**
 * A deviation in units of what this one shows on quiet days. The upper quartile is the measure and not a higher one, so that earlier
 * faults in the history do not hide their repetition.
 */
export function calibrated(value: number, own: readonly number[]): number {
  if (own.length < LEAST_OWN) return value;
  const values = sorted(own);
  const usual = quantileOfSorted(values, 0.5);
  const scale = Math.max(quantileOfSorted(values, 0.75) - usual, 0.15 * usual, 1);
  return Math.max(0, (value - usual) / scale);
}
