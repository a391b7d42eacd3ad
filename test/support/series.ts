/** Numbers that look random, and are the same in each run. */
export function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Of a normal distribution: mean 0, deviation 1. */
export function gaussians(seed: number): () => number {
  const random = randoms(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A Monday, 00:00 UTC. */
export const MONDAY = 1_795_996_800;

export interface Series {
  times: Float64Array;
  values: Float64Array;
}

/** A point every 5 minutes. */
export const seriesOf = (length: number, valueAt: (index: number) => number, stepSeconds = 300): Series => ({
  times: Float64Array.from({ length }, (_, index) => MONDAY + index * stepSeconds),
  values: Float64Array.from({ length }, (_, index) => valueAt(index)),
});
