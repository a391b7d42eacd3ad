/** Population variance. */
export function variance(values: ArrayLike<number>): number {
  let mean = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    const delta = value - mean;
    mean += delta / (i + 1);
    squares += delta * (value - mean);
  }
  return squares / values.length;
}

/** The q-quantile with linear interpolation, as Prometheus defines it. */
export function quantile(q: number, values: ArrayLike<number>): number {
  if (values.length === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  // Sorted with NaN last, and wanted with NaN first.
  const sorted = Float64Array.from(values).sort();
  const firstNaN = sorted.findIndex(Number.isNaN);
  const misplaced = firstNaN < 0 ? 0 : sorted.length - firstNaN;
  const at = (rank: number) => sorted[rank < misplaced ? firstNaN : rank - misplaced] ?? Number.NaN;
  const rank = q * (values.length - 1);
  const lower = Math.floor(rank);
  const weight = rank - lower;
  return at(lower) * (1 - weight) + at(Math.min(lower + 1, values.length - 1)) * weight;
}

/** For sorting numbers upwards, NaN first. */
export function ascending(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1;
  if (Number.isNaN(b)) return 1;
  return a - b;
}

/** A bucket of a classic histogram: how many observations were at most `bound`. */
export interface Bucket {
  readonly bound: number;
  count: number;
}

/** The q-quantile of a classic histogram, linear within the bucket; the array may be reordered. */
export function bucketQuantile(q: number, buckets: Bucket[]): number {
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  buckets.sort((a, b) => a.bound - b.bound);
  if (buckets.at(-1)?.bound !== Infinity) return Number.NaN;
  const merged: Bucket[] = [];
  for (const bucket of buckets) {
    const last = merged.at(-1);
    if (last?.bound === bucket.bound) last.count += bucket.count;
    else merged.push(bucket);
  }
  if (merged.length < 2) return Number.NaN;
  // Rates of buckets that were scraped at different moments may fall a little from one bucket to the next.
  let most = -Infinity;
  for (const bucket of merged) {
    most = Math.max(most, bucket.count);
    bucket.count = most;
  }
  if (most === 0) return Number.NaN;
  const rank = q * most;
  const finite = merged.length - 1;
  const found = merged.findIndex((bucket) => bucket.count >= rank);
  const index = found < 0 ? finite : Math.min(found, finite);
  if (index === finite) return merged[finite - 1]?.bound ?? Number.NaN;
  const { bound: end, count } = merged[index] ?? { bound: Number.NaN, count: Number.NaN };
  if (index === 0 && end <= 0) return end;
  const below = index === 0 ? { bound: 0, count: 0 } : (merged[index - 1] ?? { bound: 0, count: 0 });
  return below.bound + (end - below.bound) * ((rank - below.count) / (count - below.count));
}
