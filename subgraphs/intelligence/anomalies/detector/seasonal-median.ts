export interface Cycle {
  seconds: number;
  /** So finely it is divided, or as finely as points come. */
  bins: number;
  /** So many of the last cycles are kept of each bin. */
  keeps: number;
  /** So many bins before and after tell, too. */
  around: number;
  /** As long as there are fewer values, nothing is usual. */
  least: number;
}

/** What is usual at this time of a cycle: the median of the last cycles. */
export class SeasonalMedian {
  readonly #cycle: Cycle;
  /** A row per bin: its means in the last cycles, in a ring. */
  readonly #means: Float64Array;
  readonly #counts: Uint32Array;
  readonly #scratch: Float64Array;
  /** The bin of the cycle that is being filled. */
  #slot = Number.NaN;
  #points = 0;

  constructor(stepSeconds: number, cycle: Cycle) {
    const bins = Math.max(1, Math.min(cycle.bins, Math.round(cycle.seconds / stepSeconds)));
    this.#cycle = { ...cycle, bins, around: Math.min(cycle.around, Math.floor((bins - 1) / 2)) };
    this.#means = new Float64Array(bins * cycle.keeps);
    this.#counts = new Uint32Array(bins);
    this.#scratch = new Float64Array((2 * cycle.around + 1) * cycle.keeps);
  }

  at(time: number): number | null {
    const { around, least } = this.#cycle;
    const slot = this.#slotOf(time);
    let size = 0;
    for (let near = slot - around; near <= slot + around; near += 1) size = this.#gather(near, size);
    if (size < least) return null;
    return this.#scratch.subarray(0, size).sort()[size >>> 1] ?? null;
  }

  add(time: number, value: number): void {
    const slot = this.#slotOf(time);
    const bin = this.#binOf(slot);
    // Where points are finer than bins, a cycle counts once, with its mean.
    if (slot !== this.#slot) {
      this.#slot = slot;
      this.#points = 0;
      this.#counts[bin] = (this.#counts[bin] ?? 0) + 1;
    }
    this.#points += 1;
    const place = bin * this.#cycle.keeps + (((this.#counts[bin] ?? 0) - 1) % this.#cycle.keeps);
    const mean = this.#points > 1 ? (this.#means[place] ?? 0) : value;
    this.#means[place] = mean + (value - mean) / this.#points;
  }

  #slotOf = (time: number): number => Math.floor((time * this.#cycle.bins) / this.#cycle.seconds);
  #binOf = (slot: number): number => ((slot % this.#cycle.bins) + this.#cycle.bins) % this.#cycle.bins;

  /** The bin's means, but for one that is being made. */
  #gather(slot: number, from: number): number {
    const { keeps } = this.#cycle;
    const bin = this.#binOf(slot);
    const count = this.#counts[bin] ?? 0;
    const unfinished = slot === this.#slot ? (count - 1) % keeps : -1;
    let size = from;
    for (let place = 0; place < Math.min(count, keeps); place += 1) {
      if (place === unfinished) continue;
      this.#scratch[size] = this.#means[bin * keeps + place] ?? 0;
      size += 1;
    }
    return size;
  }
}
