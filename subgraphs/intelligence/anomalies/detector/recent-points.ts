const MEMORY = 256;

/** The last points of a series, to look at again once something is rare. */
export class RecentPoints {
  readonly #times = new Float64Array(MEMORY);
  readonly #values = new Float64Array(MEMORY);
  #count = 0;

  add(time: number, value: number): void {
    this.#times[this.#count % MEMORY] = time;
    this.#values[this.#count % MEMORY] = value;
    this.#count += 1;
  }

  /** Oldest first. */
  get values(): Float64Array {
    return this.#inOrder(this.#values);
  }

  get times(): Float64Array {
    return this.#inOrder(this.#times);
  }

  #inOrder(ring: Float64Array): Float64Array {
    const ordered = ring.slice(0, Math.min(this.#count, MEMORY));
    if (this.#count <= MEMORY) return ordered;
    const oldest = this.#count % MEMORY;
    ordered.set(ring.subarray(oldest));
    ordered.set(ring.subarray(0, oldest), MEMORY - oldest);
    return ordered;
  }
}
