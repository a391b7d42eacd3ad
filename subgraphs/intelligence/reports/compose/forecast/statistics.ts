/** By linear interpolation. Of values in order; null of none. */
export function quantile(sorted: readonly number[], share: number): number | null {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  return below === undefined || above === undefined ? null : below + (above - below) * (at - Math.floor(at));
}

export const inOrder = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

export const median = (values: readonly number[]): number => quantile(inOrder(values), 0.5) ?? 0;

/** How much a value is like the one before it: 0 to 1. Few values understate it, and by how much is known (Kendall, 1954). */
export function likeTheOneBefore(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  let together = 0;
  let all = 0;
  let before: number | null = null;
  for (const value of values) {
    all += (value - mean) ** 2;
    if (before !== null) together += (value - mean) * (before - mean);
    before = value;
  }
  if (all === 0) return 0;
  const alike = together / all;
  return Math.min(0.99, Math.max(0, alike + (1 + 3 * alike) / values.length));
}
